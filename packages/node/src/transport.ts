import { ConfigurationError, REQUEST_START, type StartReporter, type Transport } from '@ob/core'
import type { Dispatcher } from 'undici'
import { createBody } from './body.ts'
import { createConnect, type Waiting } from './connect.ts'
import { findDecoder } from './decode.ts'
import { refuseUnsafeEnvironment } from './guard.ts'
import { LightHeaders } from './light-headers.ts'
import { LightResponse, toResponse } from './light-response.ts'

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
 * one never does. Redirects are not followed. undici is loaded with the first request.
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
    const response = (await transport.fetch(url, init)) as unknown as LightResponse
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
  const underWay = new Set<Promise<Response>>()
  let pool: Promise<Pool> | undefined
  let closed: Promise<void> | undefined
  return {
    reportsStart: true,
    async fetch(url, init = {}) {
      if (closed)
        throw new ConfigurationError({
          message: 'the client is closed',
          hint: 'Make a new client, or close it later.',
        })
      pool ??= createPool(options)
      const answer = send(pool, url, init)
      underWay.add(answer)
      try {
        return await answer
      } finally {
        underWay.delete(answer)
      }
    },
    close() {
      closed ??= Promise.allSettled(underWay).then(async () => (await pool)?.dispatcher.close())
      return closed
    },
  }
}

interface Pool {
  readonly dispatcher: Dispatcher
  readonly waiting: Waiting
}

async function createPool({ ca, connections, proxy }: TransportOptions): Promise<Pool> {
  const { Agent, EnvHttpProxyAgent, buildConnector } = await import('undici')
  const trust = ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }
  // The engine keeps the time; undici's own limits would end a call that the user gave longer.
  const common = { headersTimeout: 0, bodyTimeout: 0, pipelining: 1, ...(connections !== undefined && { connections }) }
  const { connect, waiting } = createConnect(buildConnector(trust))
  const dispatcher = proxy
    ? new EnvHttpProxyAgent({ ...common, requestTls: trust, connect: trust })
    : new Agent({ ...common, connect })
  return { dispatcher, waiting }
}

async function send(pool: Promise<Pool>, url: string, init: RequestInit & StartReporter): Promise<Response> {
  const { method = 'GET' } = init
  const signal = init.signal ?? undefined
  const { origin, pathname, search } = new URL(url)
  const headers = toHeaders(init.headers)
  const body = await toBytes(init.body, signal)
  const { dispatcher, waiting } = await pool
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let stream: ReturnType<typeof createBody> | undefined
    let fail: (error: unknown) => void = reject
    const stopWaiting = waiting.begin()
    const onAbort = (): void => {
      fail(signal?.reason)
      controller?.abort(signal?.reason)
      stopWaiting()
    }
    const settle = (): void => {
      signal?.removeEventListener('abort', onAbort)
      stopWaiting()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    dispatcher.dispatch(
      { origin, path: pathname + search, method: method.toUpperCase() as Dispatcher.HttpMethod, headers, body },
      {
        onRequestStart(started) {
          // Thrown here, an abort leaves the connection to the next request.
          signal?.throwIfAborted()
          controller = started
          stopWaiting()
          init[REQUEST_START]?.()
        },
        onResponseStart(started, status, raw, statusText = '') {
          if (status < 200) return
          stream = createBody(started)
          fail = stream.error
          const decode = findDecoder(new LightHeaders(raw).get('content-encoding'))
          const response = new LightResponse({
            url,
            status,
            statusText,
            headers: new LightHeaders(raw, decode && ['content-encoding', 'content-length']),
            reader: decode ? decode(stream.reader) : stream.reader,
          })
          resolve(response as unknown as Response)
        },
        onResponseData: (_, chunk) => stream?.push(chunk),
        onResponseEnd() {
          settle()
          // undici frees the connection in the next turn of the event loop: a caller who goes on only then gets the same one again.
          queueMicrotask(() => setImmediate(() => stream?.end()))
        },
        onResponseError(_, error) {
          settle()
          fail(error)
        },
      },
    )
  })
}

/** undici frames the message itself, by the bytes that it is given. */
function toHeaders(init: RequestInit['headers']): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': 'gzip, br' }
  new Headers(init).forEach((value, name) => {
    if (name !== 'content-length') headers[name] = value
  })
  return headers
}

/** A one-shot stream becomes bytes: nothing below sends them twice. */
async function toBytes(
  body: RequestInit['body'] | undefined,
  signal: AbortSignal | undefined,
): Promise<string | Uint8Array | null> {
  if (body === undefined || body === null) return null
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  const whole = body instanceof ReadableStream && signal ? body.pipeThrough(new TransformStream(), { signal }) : body
  return new Uint8Array(await new Response(whole).arrayBuffer())
}
