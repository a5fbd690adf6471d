import { getEventListeners, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { ConfigurationError, REQUEST_START, type RequestControl } from '@ob/core'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Authority, createAuthority, createSelfSigned, type Identity } from '../test/helpers/certificates.ts'
import { httpAnswer, type RawRequest, type RawServer, startRawServer } from '../test/helpers/raw-server.ts'
import { createNodeTransport, createTransport, type TransportOptions } from './transport.ts'

let authority: Authority
let identity: Identity
const cleanups: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(answer: (request: RawRequest) => void = ok): Promise<RawServer> {
  const server = await startRawServer(identity, answer)
  cleanups.push(server.close)
  return server
}

function open(options: TransportOptions = {}) {
  const transport = createTransport({ ca: authority.ca, ...options })
  cleanups.push(transport.close)
  return transport
}

/** The engine's transport, and whether the request began. */
async function start(url: string, init: RequestInit = {}) {
  const transport = createNodeTransport({ ca: authority.ca })
  cleanups.push(transport.close)
  const begin = vi.fn()
  const reporting: RequestInit & RequestControl = { ...init, [REQUEST_START]: begin }
  const error = await transport.fetch(url, reporting).then(
    () => undefined,
    (reason: Error & { code?: string }) => reason,
  )
  return { begin, error }
}

const ok = ({ socket }: RawRequest): void => void socket.write(httpAnswer(200, '{"a":1}'))
const silent = (): void => {}
const cut = ({ socket }: RawRequest): void => void socket.end()

function stream(...parts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })
}

describe('a fetch', () => {
  test('answers with a real Response', async () => {
    const server = await serve(({ socket }) => {
      socket.write(httpAnswer(201, '{"a":1}', { 'set-cookie': 'a=1\r\nset-cookie: b=2', 'x-text': '\u00e9' }), 'latin1')
    })
    const response = await open()(`${server.url}/x?y=1`)
    expect(response).toBeInstanceOf(Response)
    expect(response).toMatchObject({ status: 201, statusText: 'X', ok: true, redirected: false })
    expect(response.url).toBe(`${server.url}/x?y=1`)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('x-text')).toBe('\u00e9')
    await expect(response.clone().text()).resolves.toBe('{"a":1}')
    await expect(response.json()).resolves.toEqual({ a: 1 })
    expect(server.requests[0]?.head).toMatch(/^GET \/x\?y=1 HTTP\/1\.1/)
  })

  test.each([
    ['string', () => 'ab'],
    ['bytes', () => new TextEncoder().encode('ab')],
    ['stream', () => stream('a', 'b')],
    ['Blob', () => new Blob(['ab'])],
    ['search parameters', () => new URLSearchParams('ab')],
  ])('sends a %s whole, with its own length', async (kind, body) => {
    const server = await serve()
    const init = { method: 'post', body: body(), duplex: 'half', headers: { 'content-length': '7' } } as RequestInit
    await open()(server.url, init)
    const [request] = server.requests
    expect(request?.method).toBe('POST')
    expect(request?.body).toBe(kind === 'search parameters' ? 'ab=' : 'ab')
    expect(request?.head.match(/content-length: \d+/gi)).toEqual([`content-length: ${request?.body.length}`])
    expect(request?.head).not.toMatch(/transfer-encoding/i)
  })

  test.each([
    ['HEAD', 200, { 'content-encoding': 'gzip', 'content-length': '50' }],
    ['GET', 204, {}],
    ['GET', 304, { 'content-encoding': 'gzip' }],
  ])('%s answered with %i has no body', async (method, status, headers) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const server = await serve(({ socket }) => void socket.write(`HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n`))
    const response = await open()(server.url, { method })
    expect(response.body).toBeNull()
    await expect(response.text()).resolves.toBe('')
  })

  test('skips informational answers', async () => {
    const server = await serve(({ socket }) => {
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${httpAnswer(200, '{}')}`)
    })
    await expect(open()(server.url)).resolves.toMatchObject({ status: 200 })
  })

  test.each([301, 302, 303, 307, 308])('does not follow a %i', async (status) => {
    const server = await serve(({ socket }) => void socket.write(httpAnswer(status, '', { location: '/other' })))
    const response = await open()(server.url)
    expect(response.status).toBe(status)
    expect(server.requests).toHaveLength(1)
  })

  test('takes one connection for calls one after another, and no more than it may for calls at once', async () => {
    const server = await serve()
    const transport = open({ connections: 2 })
    for (let n = 0; n < 5; n += 1) await (await transport(server.url)).json()
    expect(server.connections).toBe(1)
    await Promise.all(Array.from({ length: 10 }, async () => (await transport(server.url)).json()))
    expect(server.connections).toBe(2)
  })

  test.each([0, -1, 1.5, Number.NaN])('refuses connections: %d', (connections) => {
    expect(() => createTransport({ connections })).toThrow(ConfigurationError)
  })
})

describe('deliveries of a POST', () => {
  test.each([
    ['a close', cut],
    ['a reset', ({ reset }: RawRequest) => reset()],
    ['421', ({ socket }: RawRequest) => void socket.write(httpAnswer(421, '{}'))],
    ['408 and a close', ({ socket }: RawRequest) => void socket.end(httpAnswer(408, '{}', { connection: 'close' }))],
  ])('%s on a connection that was used before: one', async (_, answer) => {
    const server = await serve((request) => (request.index === 0 ? ok(request) : answer(request)))
    const transport = open()
    await (await transport(server.url)).json()
    await transport(server.url, { method: 'POST', body: 'once' }).catch(() => {})
    const posts = server.requests.filter(({ method }) => method === 'POST')
    expect(posts.map(({ index }) => index)).toEqual([1])
  })
})

describe('REQUEST_START', () => {
  test('is called once, before the answer', async () => {
    const server = await serve()
    const { begin } = await start(server.url, { method: 'POST', body: 'a' })
    expect(begin).toHaveBeenCalledOnce()
  })

  test('is called where the answer does not come', async () => {
    const server = await serve(cut)
    const { begin, error } = await start(server.url)
    expect(begin).toHaveBeenCalledOnce()
    expect(error?.code).toBe('UND_ERR_SOCKET')
  })

  test('is not called for a host that is not there', async () => {
    const { begin, error } = await start('https://host.invalid')
    expect(error?.code).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(begin).not.toHaveBeenCalled()
  })

  test('is not called for a port that is closed', async () => {
    const server = await startRawServer(identity, ok)
    await server.close()
    const { begin, error } = await start(server.url)
    expect(error?.code).toBe('ECONNREFUSED')
    expect(begin).not.toHaveBeenCalled()
  })

  test('is not called for a certificate that is not trusted', async () => {
    const stranger = await startRawServer(await createSelfSigned(), ok)
    cleanups.push(stranger.close)
    const { begin, error } = await start(stranger.url)
    expect(error?.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(begin).not.toHaveBeenCalled()
    expect(stranger.requests).toEqual([])
  })

  test.each([
    ['reset', (socket: import('node:net').Socket) => void socket.resetAndDestroy()],
    ['closed', (socket: import('node:net').Socket) => void socket.end()],
  ])('is not called for a TLS handshake that is %s', async (_, end) => {
    const server = new NetServer((socket) => {
      socket.on('error', silent)
      socket.once('data', () => end(socket))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(async () => server.close())
    const { begin, error } = await start(`https://127.0.0.1:${(server.address() as { port: number }).port}`)
    expect(error?.code).toBe('ECONNRESET')
    expect(begin).not.toHaveBeenCalled()
  })
})

describe('an abort', () => {
  const reason = new Error('enough')

  test('before the call sends nothing', async () => {
    const server = await serve()
    await expect(open()(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(server.connections).toBe(0)
  })

  test('while the body is still collected', async () => {
    const server = await serve()
    const controller = new AbortController()
    const body = new ReadableStream({ pull: () => controller.abort(reason) })
    const init = { method: 'POST', body, signal: controller.signal, duplex: 'half' } as RequestInit
    await expect(open()(server.url, init)).rejects.toBe(reason)
    expect(server.requests).toEqual([])
  })

  test('while it connects lets go of the connection', async () => {
    const server = new NetServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(async () => server.close())
    const controller = new AbortController()
    const transport = createTransport({ ca: authority.ca })
    const url = `https://127.0.0.1:${(server.address() as { port: number }).port}`
    const call = transport(url, { signal: controller.signal })
    call.catch(silent)
    const [socket] = await once(server, 'connection')
    socket.on('error', silent)
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    socket.resume()
    await once(socket, 'close')
    await transport.close()
  })

  test('while it waits for its turn leaves the connection to the next', async () => {
    const held: RawRequest[] = []
    const server = await serve((request) => (request.path === '/held' ? void held.push(request) : ok(request)))
    const transport = open({ connections: 1 })
    const first = transport(`${server.url}/held`)
    await vi.waitUntil(() => held.length === 1)
    const controller = new AbortController()
    const waiting = transport(`${server.url}/never`, { signal: controller.signal })
    waiting.catch(silent)
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    for (const request of held) ok(request)
    await (await first).json()
    await (await transport(`${server.url}/next`)).json()
    expect(server.requests.map(({ path }) => path)).toEqual(['/held', '/next'])
    expect(server.connections).toBe(1)
  })

  test('before the answer drops the connection and leaves no listener', async () => {
    const server = await serve(silent)
    const controller = new AbortController()
    const call = open()(server.url, { signal: controller.signal })
    call.catch(silent)
    await vi.waitUntil(() => server.requests.length === 1)
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    await vi.waitUntil(() => server.open === 0)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test.each([
    ['plain', { 'content-length': '9' }, Buffer.from('ab')],
    ['compressed', { 'content-encoding': 'gzip', 'content-length': '99' }, gzipSync('{"a":1}').subarray(0, 12)],
  ])('in a body, %s, drops the connection and leaves no listener', async (_, headers, bytes) => {
    const server = await serve(({ socket }) => {
      socket.write(httpAnswer(200, '', headers))
      socket.write(bytes)
    })
    const controller = new AbortController()
    const response = await open()(server.url, { signal: controller.signal })
    const text = response.text()
    text.catch(silent)
    controller.abort(reason)
    await expect(text).rejects.toBe(reason)
    await vi.waitUntil(() => server.open === 0)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test.each(['gzip', 'br'])('of an answer in %s that nobody reads harms nothing', async (encoding) => {
    const server = await serve(({ socket }) => {
      socket.write(httpAnswer(302, 'no compression', { 'content-encoding': encoding, 'content-length': '99' }))
    })
    const controller = new AbortController()
    const response = await open()(server.url, { signal: controller.signal })
    controller.abort(reason)
    await vi.waitUntil(() => server.open === 0)
    await expect(response.text()).rejects.toBe(reason)
  })

  test('after the end changes nothing, and the listener is gone', async () => {
    const server = await serve()
    const controller = new AbortController()
    await (await open()(server.url, { signal: controller.signal })).json()
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    controller.abort(reason)
    expect(server.open).toBe(1)
  })
})

describe('compression', () => {
  const text = JSON.stringify({ a: 'x'.repeat(300_000) })
  const respond =
    (encoding: string, bytes: Uint8Array, length = bytes.length) =>
    ({ socket }: RawRequest): void => {
      socket.write(httpAnswer(200, '', { 'content-encoding': encoding, 'content-length': String(length) }))
      socket.write(bytes)
    }

  test.each([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
  ])('%s is taken off, with the headers that told of it', async (encoding, bytes) => {
    const server = await serve(respond(encoding, bytes))
    const response = await open()(server.url)
    await expect(response.text()).resolves.toBe(text)
    expect(response.headers.has('content-encoding')).toBe(false)
    expect(response.headers.has('content-length')).toBe(false)
    expect(server.requests[0]?.head).toContain('accept-encoding: gzip, br')
  })

  test('a request may ask for another', async () => {
    const server = await serve()
    await open()(server.url, { headers: { 'Accept-Encoding': 'identity' } })
    expect(server.requests[0]?.head.match(/accept-encoding: .*/gi)).toEqual(['accept-encoding: identity'])
  })

  test('of more than one layer is left as it is', async () => {
    const twice = gzipSync(gzipSync('{}'))
    const server = await serve(respond('gzip, gzip', twice))
    const response = await open()(server.url)
    expect(response.headers.get('content-encoding')).toBe('gzip, gzip')
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(twice))
  })

  test('of nothing is nothing', async () => {
    const server = await serve(respond('gzip', new Uint8Array()))
    await expect((await open()(server.url)).text()).resolves.toBe('')
  })

  test.each([
    ['that ends early', gzipSync(text).subarray(0, -9)],
    ['that is none', Buffer.from('{"a":1}')],
  ])('%s is an error', async (_, bytes) => {
    const server = await serve(respond('gzip', bytes))
    await expect((await open()(server.url)).text()).rejects.toThrow()
  })

  test('of a connection that is cut is an error', async () => {
    const bytes = gzipSync(text)
    const server = await serve((request) => {
      respond('gzip', bytes.subarray(0, 20), bytes.length)(request)
      request.socket.end()
    })
    await expect((await open()(server.url)).text()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  })

  test('stops with its reader, however much is still to come', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000), { level: 1 })
    const server = await serve(respond('gzip', bomb))
    const reader = (await open()(server.url)).body?.getReader()
    const first = await reader?.read()
    expect(first?.value?.byteLength).toBeLessThanOrEqual(65_536)
    await reader?.cancel()
    await vi.waitUntil(() => server.open === 0)
  })
})

describe('a large body', () => {
  test('comes only as fast as it is read', async () => {
    const part = Buffer.alloc(1_000_000)
    let written = 0
    const server = await serve((request) => {
      const { socket } = request
      if (request.path === '/small') return ok(request)
      socket.write(`HTTP/1.1 200 X\r\ncontent-length: ${200 * part.length}\r\n\r\n`)
      const writeMore = (): void => {
        while (written < 200 && socket.write(part)) written += 1
        written += 1
      }
      socket.on('drain', writeMore)
      writeMore()
    })
    const transport = open()
    const reader = (await transport(`${server.url}/large`)).body?.getReader()
    await reader?.read()
    // Time in which the rest could come, on another connection.
    for (let n = 0; n < 50; n += 1) await (await transport(`${server.url}/small`)).json()
    // What the buffers of two sockets, the kernel and this package hold.
    expect(written).toBeLessThan(30)
    await reader?.cancel()
    await vi.waitUntil(() => server.open === 1)
  })
})

describe('close', () => {
  test('lets calls under way end, refuses others, and may be called twice', async () => {
    const held: RawRequest[] = []
    const server = await serve((request) => void held.push(request))
    const transport = createTransport({ ca: authority.ca })
    const call = transport(server.url, { method: 'POST', body: stream('a'), duplex: 'half' } as RequestInit)
    const closing = transport.close()
    await expect(transport(server.url)).rejects.toThrow(ConfigurationError)
    await vi.waitUntil(() => held.length === 1)
    for (const request of held) ok(request)
    await expect((await call).json()).resolves.toEqual({ a: 1 })
    await closing
    await transport.close()
    await vi.waitUntil(() => server.open === 0)
  })

  test('before any call is done at once', async () => {
    await expect(createTransport().close()).resolves.toBeUndefined()
  })
})

describe('the environment', () => {
  test('a check of certificates that is switched off is refused, with a pointer to ca', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const server = await serve()
    const refused = open()(server.url)
    await expect(refused).rejects.toMatchObject({ code: 'configuration', hint: expect.stringContaining('`ca`') })
    expect(server.connections).toBe(0)
  })

  test('a proxy is used only where it is asked for, and for HTTPS by a tunnel', async () => {
    const server = await serve()
    const proxy = await startProxy()
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    vi.stubEnv('NO_PROXY', '')
    await open()(server.url)
    expect(proxy.tunnels).toEqual([])
    await expect((await open({ proxy: true })(server.url)).json()).resolves.toEqual({ a: 1 })
    expect(proxy.tunnels).toEqual([new URL(server.url).host])
  })

  test.each([
    ['no exception', { NO_PROXY: '' }],
    ['an exception for another host', { NO_PROXY: 'other.example' }],
    ['an exception that the empty lower-case variable takes back', { NO_PROXY: '127.0.0.1', no_proxy: '' }],
  ])('plain HTTP never goes to a proxy: %s', async (_, exceptions) => {
    const proxy = await startProxy()
    vi.stubEnv('HTTP_PROXY', proxy.url)
    for (const [name, value] of Object.entries(exceptions)) vi.stubEnv(name, value)
    await expect(open({ proxy: true })('http://127.0.0.1:1/')).rejects.toMatchObject({
      code: 'configuration',
      hint: expect.stringContaining('NO_PROXY=127.0.0.1'),
    })
    expect(proxy.requests).toBe(0)
  })
})

/** A proxy that notes what it is asked for. */
async function startProxy() {
  const { connect } = await import('node:net')
  const tunnels: string[] = []
  let requests = 0
  const server: Server = createServer((_, response) => {
    requests += 1
    response.end()
  })
  server.on('connect', ({ url = '' }, socket, head) => {
    tunnels.push(url)
    const [host, port] = url.split(':')
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 X\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    for (const end of [upstream, socket]) end.on('error', silent)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    tunnels,
    get requests() {
      return requests
    },
  }
}
