import type { Fetch, Transport } from '@ob/core'

/** Options of the Bun transport. */
export interface TransportOptions {
  /** Certificate authorities to trust instead of the system's, PEM. */
  readonly ca?: string | readonly string[] | undefined
}

/** What Bun's `fetch` takes beside the standard. */
interface BunRequestInit extends RequestInit {
  readonly tls?: { readonly ca: string | readonly string[] }
  readonly timeout?: false
}

/** Makes a fetch-shaped transport on Bun's own `fetch`. */
export function createTransport(options: TransportOptions = {}): Fetch & { close(): Promise<void> } {
  const transport = createBunTransport(options)
  return Object.assign(transport.fetch, { close: async () => {} })
}

/** The same for the engine. */
export function createBunTransport({ ca }: TransportOptions): Transport {
  const tls = ca === undefined ? undefined : { ca }
  return {
    fetch(url, init = {}) {
      // The engine keeps the time; Bun's own limit of five minutes would end a call that the user gave longer.
      const full: BunRequestInit = { ...init, timeout: false, ...(tls && { tls }) }
      return fetch(url, full)
    },
  }
}
