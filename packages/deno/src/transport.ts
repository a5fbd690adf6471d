import { ConfigurationError, type Transport } from '@ob/core'
import { PlainHeaders, toPlatformInit } from '@ob/core/engine'
import { refuseUnsafeEnvironment } from './guard.ts'
import { deno, isDenied } from './runtime.ts'

/** Options of the Deno transport. */
export interface TransportOptions {
  /** Certificate authorities to trust beside the system's, PEM. */
  readonly ca?: string | readonly string[] | undefined
}

/**
 * Makes a fetch-shaped transport on Deno's own `fetch`. Needs `--allow-net=<host>`.
 *
 * @example
 * const fetch = createTransport({ ca })
 * const assets = await (await fetch('https://127.0.0.1:8443/api/assets/list')).json()
 * await fetch.close()
 */
export function createTransport(
  options: TransportOptions = {},
): ((url: string, init?: RequestInit) => Promise<Response>) & { close(): Promise<void> } {
  const transport = createDenoTransport(options)
  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    refuseUnsafeEnvironment(url)
    return await transport.fetch(url, { redirect: 'manual', ...init })
  }
  return Object.assign(send, { close: transport.close })
}

/** The same for the engine. */
export function createDenoTransport({ ca }: TransportOptions): Transport & { close(): Promise<void> } {
  let client: { close(): void } | undefined
  let closed: Promise<void> | undefined
  let underWay = 0
  let onIdle: (() => void) | undefined
  return {
    isFramed: true,
    Headers: PlainHeaders as unknown as typeof Headers,
    async fetch(url, init = {}) {
      if (closed)
        throw new ConfigurationError({
          message: 'the client is closed',
          hint: 'Make a new client, or close it later.',
        })
      underWay += 1
      try {
        if (ca !== undefined) client ??= deno().createHttpClient({ caCerts: typeof ca === 'string' ? [ca] : [...ca] })
        const given = toPlatformInit(init)
        const { body } = given
        return await fetch(url, {
          ...given,
          ...(mayHaveLength(init.headers) && { headers: withoutLength(given.headers) }),
          body: isReady(body) ? body : await toBlob(body),
          client,
        } as RequestInit)
      } catch (error) {
        throw isDenied(error) ? denied(url) : error
      } finally {
        underWay -= 1
        if (underWay === 0) onIdle?.()
      }
    },
    close() {
      closed ??= new Promise<void>((resolve) => {
        onIdle = resolve
        if (underWay === 0) resolve()
      }).then(() => client?.close())
      return closed
    },
  }
}

function denied(url: string): ConfigurationError {
  const { host } = new URL(url)
  return new ConfigurationError({
    message: `Deno may not connect to ${host}`,
    hint: `Run Deno with --allow-net=${host}.`,
  })
}

function mayHaveLength(headers: RequestInit['headers']): boolean {
  return !(headers instanceof PlainHeaders) || headers.has('content-length')
}

/** Deno frames the message itself, by the body that it is given. */
function withoutLength(given: RequestInit['headers']): Headers {
  const headers = new Headers(given)
  headers.delete('content-length')
  return headers
}

/** What needs no copy first. */
function isReady(body: RequestInit['body']): boolean {
  return typeof body !== 'string' && !(body instanceof ReadableStream)
}

/**
 * A body as a Blob: Deno sends a string again by itself when a reused connection closes (denoland/deno#35610), and neither a stream nor
 * a Blob. A Blob has a length, so it is not sent in chunks.
 */
async function toBlob(body: RequestInit['body']): Promise<Blob> {
  return typeof body === 'string' ? new Blob([body]) : await new Response(body).blob()
}
