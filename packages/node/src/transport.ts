import { ConfigurationError, type Fetch, REQUEST_START, type StartReporter, type Transport } from '@ob/core'
import type { Dispatcher } from 'undici'
import { createConnect, type Waiting } from './connect.ts'
import { decode } from './decode.ts'
import { createBody, LightResponse } from './light-response.ts'

/** Options of the Node.js transport. */
export interface TransportOptions {
  /** Certificate authorities to trust instead of the system's, PEM. */
  readonly ca?: string | readonly string[] | undefined
  /** Connections to one origin at once. @default no limit */
  readonly connections?: number | undefined
  /** Sends through the proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. @default false */
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
 */
export function createTransport(options: TransportOptions = {}): Fetch & { close(): Promise<void> } {
  const transport = createNodeTransport(options)
  return Object.assign(transport.fetch, { close: transport.close })
}

/** The same for the engine, which also needs to know when a request begins. */
export function createNodeTransport(options: TransportOptions): Transport & { close(): Promise<void> } {
  let pool: Promise<Pool> | undefined
  return {
    reportsStart: true,
    async fetch(url, init = {}) {
      if (options.proxy && url.startsWith('http:')) {
        throw new ConfigurationError({
          message: 'proxy: a request over plain HTTP would leave this machine by the proxy, with the key in clear',
          hint: 'Leave `proxy` out for a server on this machine.',
        })
      }
      pool ??= createPool(options)
      return send(await pool, url, init)
    },
    async close() {
      await (await pool)?.dispatcher.close()
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

async function send({ dispatcher, waiting }: Pool, url: string, init: RequestInit & StartReporter): Promise<Response> {
  const { signal, method = 'GET' } = init
  signal?.throwIfAborted()
  const { origin, pathname, search } = new URL(url)
  const headers = toHeaders(init.headers)
  const body = await toBytes(init.body)
  if (!('accept-encoding' in headers)) headers['accept-encoding'] = 'gzip, br'
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
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
    let stream: ReturnType<typeof createBody> | undefined
    dispatcher.dispatch(
      { origin, path: pathname + search, method: method as Dispatcher.HttpMethod, headers, body: body ?? null },
      {
        onRequestStart(started) {
          controller = started
          stopWaiting()
          if (signal?.aborted) started.abort(signal.reason)
          else init[REQUEST_START]?.()
        },
        onResponseStart(_, status, rawHeaders, statusText = '') {
          if (status < 200) return
          stream = createBody(controller as Dispatcher.DispatchController)
          const { body: decoded, headers: seen } = decode(rawHeaders, stream.body)
          fail = stream.error
          resolve(new LightResponse({ url, status, statusText, headers: seen, body: decoded }) as unknown as Response)
        },
        onResponseData: (_, chunk) => stream?.push(chunk),
        onResponseEnd() {
          settle()
          stream?.end()
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
  const headers: Record<string, string> = {}
  new Headers(init).forEach((value, name) => {
    if (name !== 'content-length') headers[name] = value
  })
  return headers
}

/** A one-shot stream becomes bytes: nothing below sends them twice. */
async function toBytes(body: RequestInit['body'] | undefined): Promise<string | Uint8Array | undefined> {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  return new Uint8Array(await new Response(body).arrayBuffer())
}
