import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIPv6, type Socket } from 'node:net'
import { ConfigurationError } from '@ob/core'
import { concat, type Forwarder, reasonPhrase } from '@ob/core/engine'
import type { TransportOptions } from '@ob/node'
import { createAdapter } from '#adapter'
import { type Connections, createConnections } from './connections.ts'
import {
  type AnswerReader,
  BodyTooLarge,
  BodyTooSlow,
  isPieces,
  memoryOf,
  type ProxyAnswer,
  type ProxyRequest,
} from './exchange.ts'
import { createHandler, type Handler } from './handle.ts'
import { LazyRequest } from './lazy-request.ts'
import type { ProxyOptions } from './options.ts'
import { problem } from './problem.ts'
import { isReader } from './shared-answer.ts'
import type { Usage } from './usage.ts'

/** Options of a proxy on Node.js: those of the Fetch handler, and of the Node.js transport. The key comes from the environment as in `@ob/node`. */
export interface NodeProxyOptions extends ProxyOptions, Pick<TransportOptions, 'connections' | 'proxy'> {}

/** Options of {@link serveProxy}. */
export interface ServeProxyOptions extends NodeProxyOptions {
  /** Where to listen. @default '127.0.0.1' */
  readonly hostname?: string | undefined
  /** @default 0, any free one */
  readonly port?: number | undefined
  /** How long `close()` waits for requests under way, ms. @default 10_000 */
  readonly drainTimeout?: number | undefined
  /** Signals that close the server, and end the process as they would once it is closed. @default ['SIGTERM', 'SIGINT'] */
  readonly signals?: readonly NodeJS.Signals[] | undefined
}

/** A running proxy. */
export interface ProxyServer {
  /** Such as `http://127.0.0.1:8787`; the API is below `prefix`. */
  readonly url: string
  /** What it counted. */
  readonly usage: Usage
  /** Refuses new connections, lets requests under way end, and resolves when all are, or after `drainTimeout`. */
  close(): Promise<void>
}

/** A listener for node:http and what is built on it. */
export interface NodeHandler {
  (request: IncomingMessage, response: ServerResponse): void
  /** What it counted. */
  readonly usage: Usage
  /** Resolves when the key can be had. */
  ready(): Promise<void>
  /** Refuses further requests upstream; those under way end first. */
  close(): Promise<void>
}

/**
 * Makes the proxy as a listener, for a server that you have: `createServer`, Express (before any body parser), Fastify. It answers every
 * request that it is given.
 *
 * @example
 * const proxy = createNodeHandler({ authorize, publicOrigin: 'https://app.example' })
 * createServer((request, response) => (request.url?.startsWith('/onebalance/') ? proxy : site)(request, response))
 * @throws {ConfigurationError} for an option that cannot be used, and where neither `authorize` nor `anonymous` is given
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export function createNodeHandler(options: NodeProxyOptions): NodeHandler {
  return createListener(options, createConnections())
}

function createListener(options: NodeProxyOptions, connections: Connections): NodeHandler {
  const handler = createHandler(options, createAdapter(options), true)
  const { forward, usage } = handler
  return Object.assign(
    (request: IncomingMessage, response: ServerResponse): void => {
      answer(handler, connections, request, response).catch((error: unknown) => {
        handler.log({ level: 'error', event: 'unexpected', message: String(error) })
        response.destroy()
      })
    },
    { usage, ready: forward.ready, close: forward.close },
  )
}

/**
 * Runs the proxy on node:http, with `/healthz` (the process lives), `/readyz` (it has a key and is not closing) and a graceful end.
 *
 * @example
 * const { url } = await serveProxy({ port: 8787, publicOrigin: 'https://app.example', authorize })
 * @throws {ConfigurationError} for an option that cannot be used, and where neither `authorize` nor `anonymous` is given
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export async function serveProxy(options: ServeProxyOptions): Promise<ProxyServer> {
  const { hostname = '127.0.0.1', port = 0, drainTimeout = 10_000, signals = ['SIGTERM', 'SIGINT'] } = options
  const { timeout = 30_000 } = options
  if (!(drainTimeout >= 0)) throw new ConfigurationError({ message: 'drainTimeout: must be a number, 0 or more' })
  const connections = createConnections()
  const handler = createListener(options, connections)
  let isClosing = false
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (isClosing) response.setHeader('connection', 'close')
    if (request.url === '/healthz') return void send(response, health(200, 'ok'))
    if (request.url === '/readyz') {
      const isReady = isClosing ? Promise.reject() : handler.ready()
      return void isReady.then(
        () => send(response, health(200, 'ready')),
        () => send(response, health(503, isClosing ? 'closing' : 'no key')),
      )
    }
    handler(request, response)
  }
  const server = createServer(
    {
      // The answer of node:http has no body; the rules refuse it as well.
      requireHostHeader: false,
      // Slow heads and bodies hold a connection no longer than a request may take.
      headersTimeout: Math.min(timeout, 10_000),
      requestTimeout: timeout + 1_000,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16_384,
    },
    listener,
  )
  server.on('checkContinue', (request, response) => {
    continueWhenRead(request, response)
    listener(request, response)
  })
  server.on('checkExpectation', (_, response: ServerResponse) =>
    send(
      response,
      problem(417, 'expectation_failed', 'Nothing but 100-continue can be expected.', { connection: 'close' }),
    ),
  )
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    // Only what ends in its own body can be answered here: anything else would stand in the place of another answer, or in its middle.
    const isOther = ({ headersSent, req }: ServerResponse): boolean => headersSent || req.complete
    if (connections.on(socket).some(isOther)) socket.destroy()
    else refuseMalformed(error, socket)
  })
  server.on('connect', (_, socket: Socket) => refuseRaw(socket, 400, 'malformed_request', 'This is no tunnel.'))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, resolve)
  })
  let closed: Promise<void> | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    void close().finally(() => process.kill(process.pid, signal))
  }
  const close = (): Promise<void> => {
    isClosing = true
    for (const signal of signals) process.off(signal, onSignal)
    closed ??= drain(server, connections, drainTimeout).then(handler.close)
    return closed
  }
  for (const signal of signals) process.on(signal, onSignal)
  const { usage } = handler
  return Object.freeze({ url: urlOf(server), usage, close })
}

async function drain(server: Server, connections: Connections, timeout: number): Promise<void> {
  const closeIdle = server.closeIdleConnections.bind(server)
  // A connection counts as idle when the end of its answer has been written, which is not when it has been sent.
  server.closeIdleConnections = () => {
    if (connections.underWay === 0) closeIdle()
  }
  connections.onIdle(server.closeIdleConnections)
  const ended = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), timeout)
  await ended
  clearTimeout(timer)
}

/** A body that nobody wants is not asked for; whether it comes all the same is not known, so the connection ends then. */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('connection', 'close')
  const onListener = (event: string | symbol): void => {
    if (event !== 'data') return
    request.off('newListener', onListener)
    response.removeHeader('connection')
    response.writeContinue()
  }
  request.on('newListener', onListener)
}

function urlOf(server: Server): string {
  const { address, port } = server.address() as { address: string; port: number }
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`
}

function health(status: number, text: string): WholeAnswer {
  return {
    status,
    headers: { 'cache-control': 'no-store', 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
    body: JSON.stringify({ status: text }),
  }
}

async function answer(
  handler: Handler,
  connections: Connections,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = new NodeRequest(request, handler.forward)
  connections.add(response, () => asked.leave())
  const result = countHosts(request) === 1 ? await handler(asked) : noHost()
  if (result instanceof Response) return sendResponse(response, result)
  const { status, headers, body } = result
  if (!isReader(body)) return send(response, { status, headers, body })
  // A caller who does not read must not hold the answer, and its place upstream, for longer than the API may take for it.
  const cancel = handler.forward.runtime.setTimer(handler.forward.timeout, () => response.destroy())
  await stream(response, result, body)
  cancel()
}

/** An answer that is not read piece by piece. */
type WholeAnswer = ProxyAnswer & { readonly body: string | readonly Uint8Array[] | null }

function noHost(): ProxyAnswer {
  return problem(400, 'malformed_request', 'A request has one Host.')
}

/** node:http keeps the first of two, and another reader may keep the second. */
function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') count += 1
  return count
}

/** A request of node:http, as the rules see it. */
class NodeRequest implements ProxyRequest {
  readonly method: string
  readonly target: string
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly #request: IncomingMessage
  readonly #forward: Forwarder
  #onLeave: (() => void) | undefined

  constructor(request: IncomingMessage, forward: Forwarder) {
    const { method = 'GET', url = '', headers, socket } = request
    this.#request = request
    this.#forward = forward
    this.method = method
    // Express cuts the mount path off `url`.
    this.target = (request as { originalUrl?: string }).originalUrl ?? url
    this.scheme = (socket as { encrypted?: boolean }).encrypted ? 'https' : 'http'
    this.host = headers.host?.toLowerCase() ?? ''
  }

  get remoteAddress(): string | undefined {
    return this.#request.socket.remoteAddress
  }

  get hasBody(): boolean {
    const { headers } = this.#request
    return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return typeof value === 'string' ? value : value?.join(', ')
  }

  toRequest(): Request {
    const { method, scheme, host, target } = this
    const { rawHeaders } = this.#request
    return new LazyRequest({ method, url: `${scheme}://${host}${target}`, rawHeaders }) as unknown as Request
  }

  readBody(maxBytes: number): Promise<Uint8Array> {
    const request = this.#request
    return new Promise((resolve, reject) => {
      if (Number(request.headers['content-length']) > maxBytes) return reject(new BodyTooLarge())
      if (request.readableEnded)
        return reject(new Error('the body was read before: mount the proxy before body parsers'))
      const chunks: Uint8Array[] = []
      let bytes = 0
      const cancel = this.#forward.runtime.setTimer(this.#forward.timeout, () => fail(new BodyTooSlow()))
      const fail = (error: Error): void => {
        cancel()
        request.off('data', onData)
        request.pause()
        reject(error)
      }
      const onData = (chunk: Uint8Array): void => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > maxBytes) fail(new BodyTooLarge())
      }
      request.on('data', onData)
      request.on('end', () => {
        cancel()
        resolve(concat(chunks))
      })
      request.on('error', fail)
      request.on('close', () => fail(new Error('the caller is gone')))
    })
  }

  onLeave(leave: () => void): void {
    if (this.#request.socket.destroyed) leave()
    else this.#onLeave = leave
  }

  /** The caller is gone. */
  leave(): void {
    this.#onLeave?.()
  }
}

/** Up to here a body is written with its head in one piece, bytes: past it, the copy costs more than the second write. */
const ONE_WRITE = 16_384

function send(response: ServerResponse, { status, headers, body }: WholeAnswer): void {
  const bytes = isPieces(body) ? memoryOf(body) : Buffer.byteLength(body ?? '')
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': bytes })
  if (!isPieces(body)) response.end(body ?? undefined)
  else if (body.length === 1 && bytes <= ONE_WRITE) response.end(toLatin1(body[0] as Uint8Array), 'latin1')
  else {
    response.cork()
    for (const piece of body) response.write(piece)
    response.end()
  }
}

function toLatin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1')
}

async function stream(
  response: ServerResponse,
  { status, headers }: ProxyAnswer,
  { read }: AnswerReader,
): Promise<void> {
  response.writeHead(status, headers)
  try {
    for (let chunk = await read(); chunk; chunk = await read()) {
      if (response.destroyed) return
      if (!response.write(chunk)) await drained(response)
    }
    response.end()
  } catch {
    // The answer is not whole, and must not look so.
    response.destroy()
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

/** What `authorize` answered by itself, such as a redirect to a sign-in page. */
async function sendResponse(response: ServerResponse, answer: Response): Promise<void> {
  for (const [name, value] of answer.headers) response.appendHeader(name, value)
  response.writeHead(answer.status)
  response.end(new Uint8Array(await answer.arrayBuffer()))
}

function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'HPE_HEADER_OVERFLOW') refuseRaw(socket, 431, 'headers_too_large', 'The head is too large.')
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    refuseRaw(socket, 408, 'request_too_slow', 'The request did not arrive in time.')
  else refuseRaw(socket, 400, 'malformed_request', 'This is not HTTP as it must be written.')
}

function refuseRaw(socket: Socket, status: number, code: string, message: string): void {
  if (!socket.writable) return void socket.destroy()
  const { headers, body } = problem(status, code, message, { connection: 'close' })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = Buffer.byteLength(body as string)
  socket.end(
    `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lines.join('')}content-length: ${length}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}
