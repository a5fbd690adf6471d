// What passing a request on must not make on Node.js: each of these costs more than a rule of the proxy.
import { getExecutionStatus } from '@ob/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fixture, PRIVATE, startProxy } from './fixture.ts'
import { SHELLS, type Shell } from './shells.ts'
import { reply, startUpstream, type Upstream } from './upstream.ts'

const COUNTED = ['AbortController', 'Headers', 'ReadableStream', 'Request', 'Response', 'TextDecoder', 'URL'] as const
const WARM = 5
const COUNT = 20

let upstream: Upstream
let proxy: Fixture
beforeAll(async () => {
  upstream = await startUpstream({ isPlain: true })
  upstream.answer = () => reply('{"a":1}', { headers: { 'x-ratelimit-remaining': '9' } })
  proxy = await startProxy(SHELLS[0] as Shell, upstream, { allow: [getExecutionStatus], cache: false })
})
afterAll(async () => {
  await proxy.close()
  await upstream.close()
})

test('a warm read makes no object of the Web', async () => {
  const read = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1)
      expect(await proxy.ask({ target: PRIVATE })).toMatchObject({ status: 200, body: '{"a":1}' })
  }
  await read(WARM)
  const counts = Object.fromEntries(COUNTED.map((name) => [name, 0]))
  const restore = COUNTED.map((name) => {
    const real = globalThis[name]
    const counting = new Proxy(real, {
      construct(target, parameters, newTarget) {
        counts[name] = (counts[name] ?? 0) + 1
        return Reflect.construct(target, parameters, newTarget) as object
      },
    })
    Object.assign(globalThis, { [name]: counting })
    return () => Object.assign(globalThis, { [name]: real })
  })
  try {
    await read(COUNT)
  } finally {
    for (const back of restore) back()
  }
  expect(counts).toEqual(Object.fromEntries(COUNTED.map((name) => [name, 0])))
  expect(upstream.deliveries).toHaveLength(WARM + COUNT)
})
