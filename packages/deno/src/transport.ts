import { ConfigurationError, type Transport } from '@ob/core'
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
  const underWay = new Set<Promise<Response>>()
  let client: { close(): void } | undefined
  let closed: Promise<void> | undefined
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    if (ca !== undefined) client ??= deno().createHttpClient({ caCerts: typeof ca === 'string' ? [ca] : [...ca] })
    const headers = new Headers(init.headers)
    // Deno frames the message itself, by the body that it is given.
    headers.delete('content-length')
    const body = await toBlob(init.body)
    try {
      return await fetch(url, { ...init, headers, body, client } as RequestInit)
    } catch (error) {
      if (!isDenied(error)) throw error
      const { host } = new URL(url)
      throw new ConfigurationError({
        message: `Deno may not connect to ${host}`,
        hint: `Run Deno with --allow-net=${host}.`,
      })
    }
  }
  return {
    async fetch(url, init = {}) {
      if (closed)
        throw new ConfigurationError({
          message: 'the client is closed',
          hint: 'Make a new client, or close it later.',
        })
      const answer = send(url, init)
      underWay.add(answer)
      try {
        return await answer
      } finally {
        underWay.delete(answer)
      }
    },
    close() {
      closed ??= Promise.allSettled(underWay).then(() => client?.close())
      return closed
    },
  }
}

/**
 * A body as a Blob: Deno sends a string again by itself when a reused connection closes (denoland/deno#35610), and neither a stream nor
 * a Blob. A Blob has a length, so it is not sent in chunks.
 */
async function toBlob(body: RequestInit['body']): Promise<BodyInit | null> {
  if (typeof body === 'string') return new Blob([body])
  return body instanceof ReadableStream ? await new Response(body).blob() : (body ?? null)
}
