import { ConfigurationError, type Fetch, type Transport } from '@ob/core'
import { deno, isDenied } from './runtime.ts'

/** Options of the Deno transport. */
export interface TransportOptions {
  /** Certificate authorities to trust beside the system's, PEM. */
  readonly ca?: string | readonly string[] | undefined
}

/** Makes a fetch-shaped transport on Deno's own `fetch`. Needs `--allow-net=<host>`. */
export function createTransport(options: TransportOptions = {}): Fetch & { close(): Promise<void> } {
  const transport = createDenoTransport(options)
  return Object.assign(transport.fetch, { close: transport.close })
}

/** The same for the engine. */
export function createDenoTransport({ ca }: TransportOptions): Transport & { close(): Promise<void> } {
  let client: { close(): void } | undefined
  return {
    async fetch(url, init = {}) {
      if (ca !== undefined) client ??= deno().createHttpClient({ caCerts: typeof ca === 'string' ? [ca] : [...ca] })
      const body = await toBlob(init.body)
      const headers = new Headers(init.headers)
      headers.delete('content-length')
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
    },
    // deno-lint-ignore require-await
    async close() {
      client?.close()
      client = undefined
    },
  }
}

/**
 * A one-shot body as a Blob: Deno sends a string again by itself when a reused connection closes (denoland/deno#35610), and neither a
 * stream nor a Blob. A Blob has a length, so it is not sent in chunks.
 */
async function toBlob(body: RequestInit['body']): Promise<BodyInit | null> {
  return body instanceof ReadableStream ? await new Response(body).blob() : (body ?? null)
}
