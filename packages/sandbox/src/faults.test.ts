import { Agent } from 'node:https'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../test/ask.ts'
import { ASSETS, CHAINS, EXECUTE, QUOTE, sign, swap, using } from '../test/fixtures.ts'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
let send: ReturnType<typeof using>['send']
let post: ReturnType<typeof using>['post']
beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7 })
  ;({ send, post } = using(sandbox))
})
afterEach(() => sandbox.close())

describe('faults', () => {
  test('headers alone are added to the real answer', async () => {
    sandbox.faults.next({ headers: { 'x-extra': '1' } })
    const answer = await send(ASSETS)
    expect([answer.status, answer.headers['x-extra']]).toEqual([200, '1'])
    expect(Array.isArray(answer.json)).toBe(true)
  })
  test('on: both names, times, other endpoints untouched, unknown name throws', async () => {
    sandbox.faults.on('assets.list', { status: 500 }, { times: 1 })
    expect((await send(CHAINS)).status).toBe(200)
    expect((await send(ASSETS)).status).toBe(500)
    expect((await send(ASSETS)).status).toBe(200)
    sandbox.faults.on('listAssets', { status: 500 })
    expect((await send(ASSETS)).status).toBe(500)
    expect((await send(ASSETS)).status).toBe(500)
    sandbox.faults.clear()
    expect((await send(ASSETS)).status).toBe(200)
    for (const name of ['nothing', 'constructor', '__proto__', ''])
      expect(() => sandbox.faults.on(name, { status: 500 })).toThrow()
  })
  test('status with reset after: processed', async () => {
    const quote = sign((await post(QUOTE, swap())).json)
    sandbox.faults.next({ status: 503, reset: 'after' })
    await expect(post(EXECUTE, quote)).rejects.toThrow()
    expect(sandbox.executed.get(quote.id)).toBe(1)
  })
  test('stall body: a head and a part, then nothing', async () => {
    sandbox.faults.next({ stall: 'body' })
    const raw = rawGet(ASSETS)
    await until(() => raw.text.includes('\r\n\r\n['))
    await send(ASSETS)
    const [head = '', part = ''] = raw.text.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 200 /)
    expect(part.length).toBeLessThan(Number(/content-length: (\d+)/i.exec(head)?.[1]))
    expect(raw.isClosed).toBe(false)
    raw.destroy()
  })
  test('stall head: processed, and not a byte', async () => {
    sandbox.faults.next({ stall: 'head' })
    const raw = rawGet(ASSETS)
    await until(() => sandbox.requests.length === 1)
    await send(ASSETS)
    expect(raw).toMatchObject({ text: '', isClosed: false })
    raw.destroy()
  })
  test('response cuts are exact to the byte', async () => {
    const whole = rawGet(ASSETS)
    await until(() => whole.text.endsWith(']'))
    whole.destroy()
    const size = whole.text.length
    const head = whole.text.indexOf('\r\n\r\n') + 4
    for (const bytes of [0, 1, 12, 17, head - 1, head, head + 1, size - 1]) {
      sandbox.faults.next({ cutAfterResponseBytes: bytes })
      const raw = rawGet(ASSETS)
      await until(() => raw.isClosed)
      expect([bytes, raw.text.length]).toEqual([bytes, bytes])
    }
  })
  test('request cuts: never processed, and in the log once the head was whole', async () => {
    const quote = sign((await post(QUOTE, swap())).json)
    const size = JSON.stringify(quote).length
    for (const [bytes, logged] of [
      [0, 0],
      [1, 0],
      [100, 0],
      [600, 1],
      [size, 1],
      [size + 10_000, 1],
    ] as const) {
      const before = sandbox.requests.length
      sandbox.faults.next({ cutAfterRequestBytes: bytes })
      await expect(post(EXECUTE, quote)).rejects.toThrow()
      expect([bytes, sandbox.requests.length - before]).toEqual([bytes, logged])
    }
    expect(sandbox.executed.get(quote.id) ?? 0).toBe(0)
    expect((await post(EXECUTE, quote)).status).toBe(200)
  })
  test('a cut request leaves the next fault to the next request', async () => {
    sandbox.faults.next({ cutAfterRequestBytes: 600 })
    sandbox.faults.next({ status: 503 })
    await expect(post(QUOTE, { padding: 'x'.repeat(1_000) })).rejects.toThrow()
    expect((await send(ASSETS)).status).toBe(503)
  })
  test('those with times come first, and the last of the others counts', async () => {
    for (const status of [500, 502]) sandbox.faults.on('listAssets', { status })
    for (const status of [503, 504]) sandbox.faults.on('listAssets', { status }, { times: 1 })
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) statuses.push((await send(ASSETS)).status)
    expect(statuses).toEqual([503, 504, 502, 502])
  })
  test('request cut by name', async () => {
    const quote = sign((await post(QUOTE, swap())).json)
    sandbox.faults.on('executeQuote', { cutAfterRequestBytes: 600 }, { times: 1 })
    await expect(post(EXECUTE, quote)).rejects.toThrow()
    expect(sandbox.executed.get(quote.id) ?? 0).toBe(0)
    expect((await send(ASSETS)).status).toBe(200)
  })
  test('request cut on a reused connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const quote = sign((await post(QUOTE, swap(), { agent })).json)
    sandbox.faults.next({ cutAfterRequestBytes: 100 })
    await expect(post(EXECUTE, quote, { agent })).rejects.toThrow()
    expect(sandbox.executed.get(quote.id) ?? 0).toBe(0)
    agent.destroy()
  })
  test('one log entry a request, faulted or not, in order of arrival', async () => {
    sandbox.faults.on('listChains', { status: 503 })
    await send(ASSETS)
    await send(CHAINS)
    await send('/nowhere?key=1')
    expect(
      sandbox.requests.map(({ endpoint, status }: { endpoint?: string; status?: number }) => [endpoint, status]),
    ).toEqual([
      ['listAssets', 200],
      ['listChains', 503],
      [undefined, 404],
    ])
  })
})

/** A GET over a bare TLS socket: every byte that comes, and whether the server has ended it. */
function rawGet(path: string): { text: string; isClosed: boolean; destroy(): void } {
  const { port } = new URL(sandbox.url)
  const socket = tlsConnect({ port: Number(port), host: '127.0.0.1', ca: sandbox.ca }, () =>
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-api-key: ${sandbox.keys.full}\r\n\r\n`),
  )
  const got = { text: '', isClosed: false, destroy: () => void socket.destroy() }
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    got.text += chunk
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    got.isClosed = true
  })
  return got
}
