import fc from 'fast-check'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { type Authority, createAuthority } from '../test/helpers/certificates.ts'
import { httpAnswer, type RawRequest, type RawServer, startRawServer } from '../test/helpers/raw-server.ts'
import { createTransport, type TransportOptions } from './transport.ts'

let authority: Authority
const cleanups: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  authority = await createAuthority()
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(answer: (request: RawRequest) => void): Promise<RawServer> {
  const server = await startRawServer(await authority.issue(), answer)
  cleanups.push(server.close)
  return server
}

function open(options: TransportOptions) {
  const transport = createTransport({ ca: authority.ca, ...options })
  cleanups.push(transport.close)
  return transport
}

/** A server that answers when it is told to. */
async function serveByHand() {
  const held: RawRequest[] = []
  let onRequest: (() => void) | undefined
  const server = await serve((request) => {
    held.push(request)
    onRequest?.()
  })
  return {
    server,
    async next(): Promise<RawRequest> {
      if (held.length === 0)
        await new Promise<void>((resolve) => {
          onRequest = resolve
        })
      return held.shift() as RawRequest
    },
  }
}

const ok = ({ socket }: RawRequest): void => void socket.write(httpAnswer(200, '{}'))

test('more requests than connections go one after the other, as they came', async () => {
  const { server, next } = await serveByHand()
  const fetch = open({ connections: 1 })
  const answers = ['/a', '/b', '/c'].map((path) => fetch(server.url + path))
  for (const path of ['/a', '/b', '/c']) {
    const request = await next()
    expect(request.path).toBe(path)
    expect(server.requests.at(-1)?.path).toBe(path)
    ok(request)
  }
  for (const answer of answers) expect(await (await answer).json()).toEqual({})
  expect(server.connections).toBe(1)
})

test('one that is aborted while it waits is never sent, and those behind it go on', async () => {
  const { server, next } = await serveByHand()
  const fetch = open({ connections: 1 })
  const abort = new AbortController()
  const first = fetch(`${server.url}/first`)
  const given = fetch(`${server.url}/given-up`, { signal: abort.signal })
  const last = fetch(`${server.url}/last`)
  const request = await next()
  abort.abort(new Error('not wanted'))
  await expect(given).rejects.toThrow('not wanted')
  ok(request)
  ok(await next())
  await Promise.all([first, last])
  expect(server.requests.map(({ path }) => path)).toEqual(['/first', '/last'])
})

test.each([
  ['is aborted', (_: RawRequest, abort: () => void) => abort()],
  ['is cut', ({ socket }: RawRequest) => void socket.end()],
  ['is reset', (request: RawRequest) => request.reset()],
])('a connection whose request %s is not used again, and does not take a place', async (_, end) => {
  const { server, next } = await serveByHand()
  const fetch = open({ connections: 1 })
  const abort = new AbortController()
  const broken = fetch(`${server.url}/broken`, { signal: abort.signal })
  const waiting = fetch(`${server.url}/waiting`)
  end(await next(), () => abort.abort())
  await expect(broken).rejects.toThrow()
  const request = await next()
  expect(request).toMatchObject({ path: '/waiting', connection: 1 })
  ok(request)
  expect((await waiting).status).toBe(200)
  expect(server.requests).toHaveLength(2)
})

test('a connection that cannot be made leaves its place to the next', async () => {
  const dead = await serve(ok)
  await dead.close()
  const fetch = open({ connections: 1 })
  for (let time = 0; time < 3; time += 1) await expect(fetch(dead.url)).rejects.toThrow()
})

test('the connection that was used last is used first', async () => {
  const server = await serve(ok)
  const fetch = open({})
  await Promise.all(['/1', '/2', '/3'].map(async (path) => (await fetch(server.url + path)).json()))
  expect(server.connections).toBe(3)
  for (let time = 0; time < 5; time += 1) await (await fetch(server.url)).json()
  expect(new Set(server.requests.slice(3).map(({ connection }) => connection)).size).toBe(1)
})

test('what cannot be sent is refused, and keeps no place', async () => {
  const server = await serve(ok)
  const fetch = open({ connections: 1 })
  await (await fetch(server.url)).json()
  const first = fetch(server.url)
  const wrong = fetch(server.url, { headers: { 'no name': 'x' } })
  const last = fetch(server.url)
  await expect(wrong).rejects.toThrow(TypeError)
  for (const answer of [first, last]) expect(await (await answer).json()).toEqual({})
  await fetch.close()
})

test('the limit is one for each origin', async () => {
  const [one, other] = [await serveByHand(), await serveByHand()]
  const fetch = open({ connections: 1 })
  const answers = [fetch(one.server.url), fetch(other.server.url)]
  // Both are under way at once.
  const requests = [await one.next(), await other.next()]
  for (const request of requests) ok(request)
  await Promise.all(answers)
})

test('whatever becomes of each, all are settled, none is sent twice, and no more are under way than may be', async () => {
  let underWay = 0
  let most = 0
  const kinds: Record<string, (request: RawRequest) => void> = {
    '/ok': ok,
    '/close': ({ socket }) => void socket.end(httpAnswer(200, '{}', { connection: 'close' })),
    '/cut': ({ socket }) => void socket.end(),
    '/half': ({ socket }) => void socket.end(httpAnswer(200, '{}', { 'content-length': '9' })),
    '/reset': (request) => request.reset(),
    '/silent': () => {},
  }
  const server = await serve((request) => {
    underWay += 1
    most = Math.max(most, underWay)
    setImmediate(() => {
      underWay -= 1
      kinds[request.path.replace(/\/\d+$/, '')]?.(request)
      onSilent.get(request.path)?.()
    })
  })
  const onSilent = new Map<string, () => void>()
  let calls = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...Object.keys(kinds)), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      async (paths, connections) => {
        const from = server.requests.length
        most = 0
        const fetch = createTransport({ ca: authority.ca, connections })
        const results = await Promise.allSettled(
          paths.map(async (kind) => {
            const path = `${kind}/${calls++}`
            const abort = new AbortController()
            if (kind === '/silent') onSilent.set(path, () => abort.abort())
            const answer = await fetch(server.url + path, { method: 'POST', body: '{}', signal: abort.signal })
            return answer.json()
          }),
        )
        await fetch.close()
        expect(results.map(({ status }) => status)).toEqual(
          paths.map((kind) => (kind === '/ok' || kind === '/close' ? 'fulfilled' : 'rejected')),
        )
        const sent = server.requests.slice(from).map(({ path }) => path)
        expect(new Set(sent).size).toBe(sent.length)
        expect(sent).toHaveLength(paths.length)
        expect(most).toBeLessThanOrEqual(connections)
      },
    ),
    { numRuns: 60 },
  )
})
