import { ConfigurationError, REQUEST_START, REQUEST_STOP, type RequestControl, type Transport } from '@ob/core'
import type { Dispatcher } from 'undici'
import { ResponseBody } from './body.ts'
import { findBuiltinAgent } from './builtin.ts'
import { createConnect, type Waiting } from './connect.ts'
import { type Connection, ConnectionPool, type Passenger } from './connection-pool.ts'
import { findDecoder } from './decode.ts'
import { refuseUnsafeEnvironment } from './guard.ts'
import { LightHeaders } from './light-headers.ts'
import { LightResponse, toResponse } from './light-response.ts'
import { loadAgent, loadProxyAgent } from './undici.ts'

/** Options of the Node.js transport. */
export interface TransportOptions {
  /** Certificate authorities to trust instead of the system's, PEM. */
  readonly ca?: string | readonly string[] | undefined
  /** Connections to one origin at once. @default no limit */
  readonly connections?: number | undefined
  /** Sends through the proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. Plain HTTP never goes to a proxy. @default false */
  readonly proxy?: boolean | undefined
}

/**
 * Makes a fetch-shaped transport on undici's dispatcher, below its `fetch`: that one sends a request again by itself (on 421), and this
 * one never does. Redirects are not followed. undici is Node's own where that is 7.28, 8.5 or a later minor, and else its package, loaded
 * with the first request.
 *
 * @example
 * const fetch = createTransport({ ca })
 * const assets = await (await fetch('https://127.0.0.1:8443/api/assets/list')).json()
 * await fetch.close()
 * @throws {ConfigurationError} for an option that cannot be used
 */
export function createTransport(
  options: TransportOptions = {},
): ((url: string, init?: RequestInit) => Promise<Response>) & { close(): Promise<void> } {
  const transport = createNodeTransport(options)
  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    refuseUnsafeEnvironment(url, options.proxy === true)
    // As it is written on the wire, which the engine's URLs are already.
    const response = (await transport.fetch(new URL(url).href, init)) as unknown as LightResponse
    const hasBody = init.method !== 'HEAD' && ![204, 205, 304].includes(response.status)
    return toResponse(response, hasBody)
  }
  return Object.assign(send, { close: transport.close })
}

/** The same for the engine, which needs to know when a request begins, and less of a response. */
export function createNodeTransport(options: TransportOptions): Transport & { close(): Promise<void> } {
  const { connections } = options
  if (connections !== undefined && !(Number.isInteger(connections) && connections > 0))
    throw new ConfigurationError({ message: 'connections: must be a whole number, 1 or more' })
  let pool: Pool | undefined
  let loading: Promise<Pool> | undefined
  let closed: Promise<void> | undefined
  let underWay = 0
  let onIdle: (() => void) | undefined
  const settled = (): void => {
    underWay -= 1
    if (underWay === 0) onIdle?.()
  }
  return {
    reportsStart: true,
    isNative: true,
    Headers: LightHeaders as unknown as typeof globalThis.Headers,
    fetch(url, init = {}) {
      if (closed)
        return Promise.reject(
          new ConfigurationError({ message: 'the client is closed', hint: 'Make a new client, or close it later.' }),
        )
      underWay += 1
      const { body } = init
      // What is there already needs no turn of the event loop, and mostly all of it is.
      if (!pool || !isReady(body)) return prepare(url, init)
      try {
        return new Exchange(pool, url, init, body ?? null, settled).answer
      } catch (error) {
        settled()
        return Promise.reject(error)
      }
    },
    close() {
      closed ??= new Promise<void>((resolve) => {
        onIdle = resolve
        if (underWay === 0) resolve()
      }).then(async () => (await loading)?.connections.close())
      return closed
    },
  }

  async function prepare(url: string, init: RequestInit & RequestControl): Promise<Response> {
    loading ??= createPool(options).then((created) => {
      pool = created
      return created
    })
    let exchange: Exchange | undefined
    try {
      const body = await toBytes(init.body, init.signal ?? undefined)
      exchange = new Exchange(await loading, url, init, body, settled)
    } finally {
      if (!exchange) settled()
    }
    return exchange.answer
  }
}

interface Pool {
  readonly connections: ConnectionPool
  readonly waiting: Waiting
}

async function createPool({ ca, connections, proxy }: TransportOptions): Promise<Pool> {
  const trust = ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }
  // The engine keeps the time; undici's own limits would end a call that the user gave longer. HTTP/2 is its newer majors' default.
  const common = {
    headersTimeout: 0,
    bodyTimeout: 0,
    pipelining: 1,
    allowH2: false,
    connections: 1,
  }
  const { connect, waiting } = createConnect(trust)
  if (proxy) {
    const ProxyAgent = await loadProxyAgent()
    // Read once, so that all connections go the same way; what cannot be used is refused before the first.
    const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY } = process.env
    const [httpProxy, httpsProxy] = [http_proxy ?? HTTP_PROXY, https_proxy ?? HTTPS_PROXY]
    const proxies = { ...(httpProxy !== undefined && { httpProxy }), ...(httpsProxy !== undefined && { httpsProxy }) }
    const create = (): Dispatcher => new ProxyAgent({ ...common, ...proxies, requestTls: trust, connect: trust })
    await create().close()
    return { connections: new ConnectionPool(create, connections), waiting }
  }
  const Agent = findBuiltinAgent() ?? (await loadAgent())
  return { connections: new ConnectionPool(() => new Agent({ ...common, connect }), connections), waiting }
}

/** One request and its answer: what undici calls as they go. Its fields are not `#`: until V8 has compiled it, each of those costs a call. */
class Exchange implements Dispatcher.DispatchHandler, Passenger {
  readonly answer: Promise<Response>
  private readonly url: string
  private readonly method: string
  private readonly headers: Record<string, string>
  private readonly sent: string | Uint8Array | null
  private readonly end: number
  private readonly connections: ConnectionPool
  private readonly waiting: Waiting
  private readonly signal: AbortSignal | undefined
  private readonly onStart: (() => void) | undefined
  private resolve!: (response: Response) => void
  private reject!: (reason: unknown) => void
  private onAnswer: (() => void) | undefined
  private onAbort: (() => void) | undefined
  private controller: Dispatcher.DispatchController | undefined
  private body: ResponseBody | undefined
  private stopped: { readonly reason: unknown } | undefined
  private isWaiting = true
  private connection: Connection | undefined

  constructor(
    { connections, waiting }: Pool,
    url: string,
    init: RequestInit & RequestControl,
    body: string | Uint8Array | null,
    onAnswer: () => void,
  ) {
    this.onAnswer = onAnswer
    this.url = url
    this.method = (init.method ?? 'GET').toUpperCase()
    // What cannot be sent is refused here, before there is a connection to give back.
    this.headers = toHeaders(init.headers)
    this.sent = body
    this.connections = connections
    const path = url.indexOf('/', url.indexOf('//') + 2)
    this.end = path === -1 ? url.length : path
    this.waiting = waiting
    this.onStart = init[REQUEST_START]
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    waiting.enter()
    const signal = init.signal ?? undefined
    this.signal = signal
    if (signal?.aborted) this.stop(signal.reason)
    else if (signal) {
      const onAbort = (): void => this.stop(signal.reason)
      this.onAbort = onAbort
      signal.addEventListener('abort', onAbort, { once: true })
    }
    init[REQUEST_STOP]?.((reason) => this.stop(reason))
    if (this.stopped) return
    connections.enter(url.slice(0, this.end), this)
  }

  get isGone(): boolean {
    return this.stopped !== undefined
  }

  board(connection: Connection): void {
    this.connection = connection
    connection.dispatcher.dispatch(
      {
        origin: connection.origin,
        path: this.url.slice(this.end) || '/',
        method: this.method as Dispatcher.HttpMethod,
        headers: this.headers,
        body: this.sent,
      },
      this,
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here, an abort leaves the connection to the next request.
    if (this.stopped) throw this.stopped.reason
    this.controller = controller
    this.stopWaiting()
    this.onStart?.()
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    raw: Record<string, string | string[] | undefined>,
    statusText = '',
  ): void {
    if (status < 200) return
    this.body = new ResponseBody(controller)
    const coding = raw['content-encoding']
    const decode = coding === undefined ? undefined : findDecoder(new LightHeaders(raw).get('content-encoding'))
    const response = new LightResponse({
      url: this.url,
      status,
      statusText,
      headers: new LightHeaders(raw, decode && ['content-encoding', 'content-length']),
      reader: decode ? decode(this.body) : this.body,
    })
    this.resolve(response as unknown as Response)
    this.answered()
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.body?.push(chunk)
  }

  onResponseEnd(): void {
    this.stopListening()
    setImmediate(finish, this)
  }

  onResponseError(_: Dispatcher.DispatchController, error: unknown): void {
    this.stopListening()
    // One that was stopped before it began leaves the connection as it was.
    this.release(this.controller !== undefined || !this.stopped)
    this.fail(error)
  }

  /**
   * The answer is whole. A turn of the event loop later, and undici waits for another before it writes: a server that closes after its
   * answer without saying so has been heard by then, and whoever goes on gets another connection, not one that is about to break.
   */
  finish(): void {
    this.release(false)
    this.body?.end()
  }

  private stop(reason: unknown): void {
    this.stopped ??= { reason }
    this.fail(reason)
    this.controller?.abort(reason as Error)
    this.stopWaiting()
  }

  private fail(error: unknown): void {
    this.reject(error)
    this.answered()
    this.body?.error(error)
  }

  private answered(): void {
    this.onAnswer?.()
    this.onAnswer = undefined
  }

  private stopListening(): void {
    if (this.onAbort) this.signal?.removeEventListener('abort', this.onAbort)
    this.stopWaiting()
  }

  private release(isBroken: boolean): void {
    if (this.connection) this.connections.release(this.connection, isBroken)
    this.connection = undefined
  }

  private stopWaiting(): void {
    if (!this.isWaiting) return
    this.isWaiting = false
    this.waiting.leave()
  }
}

function finish(exchange: Exchange): void {
  exchange.finish()
}

/** undici frames the message itself, by the bytes that it is given. */
function toHeaders(init: RequestInit['headers']): Record<string, string> {
  const given = init instanceof LightHeaders ? init.raw : Object.fromEntries(new Headers(init))
  const headers: Record<string, string> = { 'accept-encoding': 'gzip, br' }
  for (const name in given) if (name !== 'content-length') headers[name] = given[name] as string
  return headers
}

function isReady(body: RequestInit['body']): body is string | Uint8Array<ArrayBuffer> | null | undefined {
  return typeof body === 'string' || body === undefined || body === null || body instanceof Uint8Array
}

/** A one-shot stream becomes bytes: nothing below sends them twice. */
async function toBytes(
  body: RequestInit['body'] | undefined,
  signal: AbortSignal | undefined,
): Promise<string | Uint8Array | null> {
  if (isReady(body)) return body ?? null
  const whole = body instanceof ReadableStream && signal ? body.pipeThrough(new TransformStream(), { signal }) : body
  return new Uint8Array(await new Response(whole).arrayBuffer())
}
