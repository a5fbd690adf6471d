// Callers who hang up, do not read, or are many: nothing of theirs may stay behind.
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { executeQuote, getExecutionStatus, listAssets } from '@ob/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createProxy, type ProxyOptions } from '../src/index.ts'
import { codeOf, EXECUTE, type Fixture, gate, PRIVATE, PUBLIC, startProxy } from './fixture.ts'
import { CANARY } from './leaks.ts'
import { fill, open, readAnswers, talk, waitFor, write } from './raw-http.ts'
import { SHELLS } from './shells.ts'
import { CHUNKED_HEAD, chunk, reply, startUpstream, type Upstream } from './upstream.ts'

const CALL = { method: 'POST', target: EXECUTE, body: '{"a":1}', headers: { 'x-ob-call': 'c'.repeat(22) } }

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream({ isPlain: true })
})
afterAll(() => upstream.close())

describe.each(SHELLS)('$name', (shell) => {
  let proxy: Fixture | undefined
  const start = async (options: ProxyOptions = {}): Promise<Fixture> => {
    proxy = await startProxy(shell, upstream, {
      allow: [listAssets, getExecutionStatus, executeQuote],
      cache: false,
      ...options,
    })
    return proxy
  }
  beforeEach(() => {
    upstream.deliveries.splice(0)
    upstream.answer = () => reply('[]')
  })
  afterEach(async () => {
    await proxy?.close()
    proxy = undefined
  })
  const endless: Upstream['answer'] = (_, socket) => {
    const piece = chunk('a'.repeat(65_536))
    const pour = (): void => {
      while (socket.writable && socket.write(piece));
    }
    socket.on('drain', pour)
    socket.write(CHUNKED_HEAD)
    pour()
    return undefined
  }

  test('who hangs up before the head ends the read upstream', async () => {
    upstream.answer = () => undefined
    const { port } = await start()
    const socket = open(port)
    socket.write(fill(write({}), port))
    await upstream.arrived(1)
    socket.destroy()
    await upstream.idle()
  })

  test('who hangs up in the middle of a body ends the read upstream', async () => {
    upstream.answer = endless
    const { port } = await start({ maxResponseBytes: 1e12 })
    const socket = open(port)
    socket.write(fill(write({}), port))
    await waitFor(socket, 'a'.repeat(1_000))
    socket.destroy()
    await upstream.idle()
  })

  test('one of two who hangs up ends nothing for the other', async () => {
    const release = gate()
    upstream.answer = async () => {
      await release.opened
      return reply('[1]')
    }
    const { port, ask, usage } = await start()
    const stays = ask()
    await upstream.arrived(1)
    const leaves = open(port)
    leaves.write(fill(write({ headers: { authorization: 'another' } }), port))
    await until(() => usage.metrics().includes('joined_total 1\n'))
    leaves.destroy()
    await once(leaves, 'close')
    release.open()
    expect(await stays).toMatchObject({ status: 200, body: '[1]' })
    expect(upstream.deliveries).toHaveLength(1)
  })

  test('who hangs up does not end an execution, and gets its answer when they come again', async () => {
    const release = gate()
    upstream.answer = async () => {
      await release.opened
      return reply('{"done":true}')
    }
    const { port, ask } = await start()
    const socket = open(port)
    socket.write(fill(write(CALL), port))
    await upstream.arrived(1)
    socket.destroy()
    await once(socket, 'close')
    release.open()
    expect(await ask(CALL)).toMatchObject({ status: 200, body: '{"done":true}' })
    expect(upstream.deliveries).toHaveLength(1)
  })

  test('who hangs up in the middle of an execution’s answer gets all of it later', async () => {
    const release = gate()
    const body = `["${'a'.repeat(100_000)}"]`
    upstream.answer = async (_, socket) => {
      socket.write(CHUNKED_HEAD + chunk(body.slice(0, 50_000)))
      await release.opened
      return chunk(body.slice(50_000)) + chunk('')
    }
    const { port, ask } = await start()
    const socket = open(port)
    socket.write(fill(write(CALL), port))
    await waitFor(socket, 'a'.repeat(1_000))
    socket.destroy()
    await once(socket, 'close')
    release.open()
    expect(await ask(CALL)).toMatchObject({ status: 200, body, isWhole: true })
    expect(upstream.deliveries).toHaveLength(1)
  })

  test('an execution whose answer broke off is never sent again', async () => {
    upstream.answer = (_, socket) => void socket.end(CHUNKED_HEAD + chunk('a'.repeat(50_000)))
    const { ask } = await start()
    expect((await ask(CALL)).isWhole).toBe(false)
    const again = await ask(CALL)
    expect([again.status, codeOf(again)]).toEqual([409, 'outcome_unknown'])
    expect(upstream.deliveries).toHaveLength(1)
  })

  test('who asks for much at once and hangs up keeps no place', async () => {
    upstream.answer = () => undefined
    const { port, ask } = await start({ maxConcurrent: 20 })
    const socket = open(port)
    const requests = Array.from({ length: 20 }, (_, at) =>
      write({ target: `${PUBLIC}?at=${at}`, headers: { connection: 'keep-alive' } }),
    )
    socket.write(fill(requests.join(''), port))
    await upstream.arrived(20)
    expect(codeOf(await ask({ target: `${PUBLIC}?at=20` }))).toBe('overloaded')
    socket.destroy()
    await once(socket, 'close')
    await upstream.idle()
    upstream.answer = () => reply('[]')
    await until(async () => (await ask()).status === 200)
  })

  test('who does not read keeps no place, and not the connection to the API', async () => {
    upstream.answer = endless
    const { port, ask } = await start({ maxConcurrent: 3, timeout: 500, maxResponseBytes: 1e12 })
    const sockets = Array.from({ length: 3 }, (_, at) => {
      const socket = open(port)
      socket.pause()
      socket.write(fill(write({ target: `${PUBLIC}?at=${at}` }), port))
      return socket
    })
    await upstream.arrived(3)
    await upstream.idle()
    upstream.answer = () => reply('[]')
    await until(async () => (await ask()).status === 200)
    for (const socket of sockets) socket.destroy()
  })

  test('1,000 who begin a request and do not end it do not stop others', async () => {
    const { port, ask } = await start()
    const slow = Array.from({ length: 1_000 }, () => open(port))
    await Promise.all(slow.slice(0, 400).map((socket) => once(socket, 'connect')))
    for (const socket of slow) {
      socket.on('error', () => {})
      socket.write('GET /onebalance/api/assets/list HTTP/1.1\r\nx-a: ')
    }
    expect((await ask()).status).toBe(200)
    for (const socket of slow) socket.destroy()
    expect((await ask()).status).toBe(200)
  })

  test('after 1,000 callers at once nothing is left', { timeout: 60_000 }, async () => {
    upstream.answer = ({ target }) => reply(JSON.stringify({ target, filler: 'a'.repeat(10_000) }))
    const { port } = await start({ maxConcurrent: 1_000 })
    const storm = async (round: number): Promise<void> => {
      const bytes = await Promise.all(
        Array.from({ length: 250 }, (_, connection) =>
          talk(
            port,
            [0, 1, 2, 3]
              .map((at) =>
                write({
                  target: `${PRIVATE}&at=${round}.${connection}.${at}`,
                  headers: {
                    authorization: `caller ${connection * 4 + at}`,
                    connection: at < 3 ? 'keep-alive' : 'close',
                  },
                }),
              )
              .join(''),
          ),
        ),
      )
      const answers = bytes.flatMap(readAnswers)
      expect(answers.every(({ status, isWhole }) => status === 200 && isWhole)).toBe(true)
      // Each got its own.
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1_000)
      upstream.deliveries.splice(0)
    }
    await storm(0)
    const before = await settled()
    for (let round = 1; round <= 2; round += 1) await storm(round)
    const after = await settled()
    await proxy?.close()
    proxy = undefined
    await upstream.idle()
    expect(after.sockets).toBeLessThanOrEqual(before.sockets)
    // 2,000 answers of 10 kB are 20 MB.
    expect(after.heap - before.heap).toBeLessThan(12_000_000)
  })

  test('1,000 who hang up leave no request upstream', { timeout: 60_000 }, async () => {
    upstream.answer = () => undefined
    const { port, ask } = await start({ maxConcurrent: 1_000 })
    const sockets = Array.from({ length: 250 }, (_, connection) => {
      const socket = open(port)
      const requests = [0, 1, 2, 3].map((at) =>
        write({ target: `${PUBLIC}?at=${connection}.${at}`, headers: { connection: 'keep-alive' } }),
      )
      socket.write(fill(requests.join(''), port))
      return socket
    })
    await upstream.arrived(1_000)
    for (const socket of sockets) socket.destroy()
    await upstream.idle()
    upstream.answer = () => reply('[]')
    expect((await ask()).status).toBe(200)
    await until(() => resources('TCPSocketWrap') < 20)
  })
})

test('the connection of who does not read is cut', async () => {
  const [serve] = SHELLS
  if (!serve) throw new Error('there is no shell')
  // Answered at once and whole, so that the time limit upstream has nothing to do with it.
  upstream.answer = () => CHUNKED_HEAD + chunk(' '.repeat(15_000_000)) + chunk('')
  const proxy = await startProxy(serve, upstream, { timeout: 1_000 })
  const socket = open(proxy.port)
  socket.pause()
  socket.on('error', () => {})
  socket.write(fill(write({}), proxy.port))
  // What is written to a connection that was cut fails.
  await until(() => {
    if (!socket.destroyed) socket.write('\r\n')
    return socket.destroyed
  })
  await proxy.close()
})

test('who is gone by the time that it is known who they are is not asked for', async () => {
  upstream.answer = () => undefined
  const gone = new AbortController()
  const proxy = createProxy({
    apiKey: CANARY,
    baseURL: upstream.url,
    allowInsecureLoopback: true,
    authorize() {
      gone.abort()
      return { id: 'a' }
    },
  })
  const headers = { 'x-ob-client': 'test' }
  const { status } = await proxy(new Request(`http://localhost${PUBLIC}`, { headers, signal: gone.signal }))
  expect(status).toBe(502)
  await upstream.idle()
  await proxy.close()
})

/** Heap after collection, and sockets that are open in this process. */
async function settled(): Promise<{ heap: number; sockets: number }> {
  for (let at = 0; at < 5; at += 1) {
    await new Promise(setImmediate)
    collect()
  }
  return { heap: process.memoryUsage().heapUsed, sockets: resources('TCPSocketWrap') }
}

function resources(kind: string): number {
  return process.getActiveResourcesInfo().filter((one) => one === kind).length
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise(setImmediate)
}
