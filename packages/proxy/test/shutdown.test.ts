// SIGTERM under load: what was begun is answered, what is new is refused, and the process ends.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { EXECUTE, gate, PRIVATE, PUBLIC, QUOTE } from './fixture.ts'
import { CANARY, findLeak } from './leaks.ts'
import { fill, open, readAnswers, talk, waitFor, write } from './raw-http.ts'
import { CHUNKED_HEAD, chunk, reply, startUpstream, type Upstream } from './upstream.ts'

let upstream: Upstream
let child: ChildProcess | undefined
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.close())
beforeEach(() => void upstream.deliveries.splice(0))
afterEach(() => void child?.kill('SIGKILL'))

/** Starts the process; its port, how it ends, and all that it wrote. */
async function start(
  drainTimeout: number,
): Promise<{ port: number; ended: Promise<unknown[]>; written: () => string }> {
  const options = { apiKey: CANARY, baseURL: upstream.url, ca: upstream.ca, drainTimeout }
  const started = fork(new URL('./shutdown-child.mjs', import.meta.url), [JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  child = started
  let written = ''
  for (const stream of [started.stdout, started.stderr]) stream?.on('data', (text) => (written += text))
  const ended = once(started, 'exit')
  const message = once(started, 'message') as Promise<[{ port: number }]>
  const failed = ended.then((): never => {
    throw new Error(`the process did not start: ${written}`)
  })
  const [{ port }] = await Promise.race([message, failed])
  return { port, ended, written: () => written }
}

/** Sends SIGTERM and waits until no connection is taken any more. */
async function terminate(port: number): Promise<void> {
  child?.kill('SIGTERM')
  for (;;) {
    const socket = open(port)
    const result = await Promise.race([
      once(socket, 'connect').then(() => 'taken'),
      once(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code),
    ]).catch((error: NodeJS.ErrnoException) => error.code)
    socket.destroy()
    if (result === 'ECONNREFUSED') return
  }
}

function collect(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (data: Buffer) => chunks.push(data))
  socket.on('error', () => {})
  return once(socket, 'close').then(() => Buffer.concat(chunks))
}

// Longer than the test may take: it is not the end of the drain time that ends the process.
const LONG = 120_000

test('nothing in flight is lost, new connections are refused, and the process ends', async () => {
  const release = gate()
  upstream.answer = async ({ target, body }) => {
    if (target.includes('now')) return reply('[]')
    await release.opened
    return reply(JSON.stringify({ target, body }))
  }
  const { port, ended, written } = await start(LONG)
  const idle = open(port)
  const idleEnds = collect(idle)
  idle.write(fill(write({ target: `${PUBLIC}?now=1`, headers: { connection: 'keep-alive' } }), port))
  await waitFor(idle, '[]')

  const keepAlive = { connection: 'keep-alive' }
  const reads = Array.from({ length: 50 }, (_, at) =>
    talk(port, write({ target: `${PRIVATE}&at=${at}`, headers: { ...keepAlive, authorization: `caller ${at}` } })),
  )
  const pipelined = talk(
    port,
    [0, 1, 2].map((at) => write({ target: `${PRIVATE}&pipelined=${at}`, headers: keepAlive })).join(''),
  )
  const execution = talk(
    port,
    write({ method: 'POST', target: EXECUTE, body: '{"a":1}', headers: { ...keepAlive, 'x-ob-call': 'd'.repeat(22) } }),
  )
  await upstream.arrived(55)
  // A body that is still on its way.
  const halfSent = open(port)
  const halfEnds = collect(halfSent)
  halfSent.write(fill(write({ method: 'POST', target: QUOTE, body: '{"a":1}', headers: keepAlive }).slice(0, -3), port))
  // It has been read when what was sent after it is answered.
  await talk(port, write({ target: `${PUBLIC}?now=2` }))

  await terminate(port)
  halfSent.write(':1}')
  await upstream.arrived(57)
  release.open()
  const all = await Promise.all([...reads, pipelined, execution, halfEnds])
  const answers = all.flatMap(readAnswers)
  expect(answers).toHaveLength(55)
  expect(answers.filter(({ status, isWhole }) => status !== 200 || !isWhole)).toEqual([])
  expect(readAnswers(await idleEnds)).toHaveLength(1)
  expect(await ended).toEqual([null, 'SIGTERM'])
  expect(findLeak(Buffer.concat([...all, Buffer.from(written())]))).toBeUndefined()
  expect(upstream.deliveries).toHaveLength(57)
})

test('an answer that its caller reads slowly is not cut', async () => {
  const body = JSON.stringify('a'.repeat(6_000_000))
  upstream.answer = () => CHUNKED_HEAD + chunk(body) + chunk('')
  const { port, ended } = await start(LONG)
  const slow = open(port)
  slow.write(fill(write({ headers: { connection: 'keep-alive' } }), port))
  await once(slow, 'readable')
  await terminate(port)
  const [answer] = readAnswers(await collect(slow))
  expect([answer?.status, answer?.isWhole, answer?.body.length]).toEqual([200, true, body.length])
  expect(await ended).toEqual([null, 'SIGTERM'])
})

test('answers that wait for a slow reader are not cut in their middle', async () => {
  upstream.answer = () => reply(JSON.stringify('a'.repeat(60_000)))
  const { port, ended } = await start(LONG)
  const slow = open(port)
  const requests = Array.from({ length: 150 }, () => write({ headers: { connection: 'keep-alive' } }))
  slow.write(fill(requests.join(''), port))
  await once(slow, 'readable')
  await terminate(port)
  const answers = readAnswers(await collect(slow))
  expect(answers.filter(({ status, isWhole }) => status !== 200 || !isWhole)).toEqual([])
  // Of a request that was not answered, its caller knows that it was not done.
  expect(answers.length === requests.length || answers.at(-1)?.headers['connection'] === 'close').toBe(true)
  expect(await ended).toEqual([null, 'SIGTERM'])
})

test('what does not end is cut when the drain time is over', async () => {
  upstream.answer = () => undefined
  const { port, ended } = await start(100)
  const waits = talk(port, write({}))
  await upstream.arrived(1)
  await terminate(port)
  expect(await waits).toHaveLength(0)
  expect(await ended).toEqual([null, 'SIGTERM'])
})

test('a second SIGTERM ends the process at once', async () => {
  upstream.answer = () => undefined
  const { port, ended } = await start(LONG)
  const waits = talk(port, write({}))
  await upstream.arrived(1)
  await terminate(port)
  child?.kill('SIGTERM')
  expect(await ended).toEqual([null, 'SIGTERM'])
  expect(await waits).toHaveLength(0)
})
