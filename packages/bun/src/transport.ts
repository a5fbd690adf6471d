import { ConfigurationError, type Transport } from '@ob/core'
import { PlainHeaders, toPlatformInit } from '@ob/core/engine'
import { refuseUnsafeEnvironment } from './guard.ts'

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

/**
 * Makes a fetch-shaped transport on Bun's own `fetch`.
 *
 * @example
 * const fetch = createTransport({ ca })
 * const assets = await (await fetch('https://127.0.0.1:8443/api/assets/list')).json()
 * await fetch.close()
 */
export function createTransport(
  options: TransportOptions = {},
): ((url: string, init?: RequestInit) => Promise<Response>) & { close(): Promise<void> } {
  const transport = createBunTransport(options)
  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    refuseUnsafeEnvironment(url)
    return transport.fetch(url, { redirect: 'manual', ...init })
  }
  return Object.assign(send, { close: transport.close })
}

/** The same for the engine. */
export function createBunTransport({ ca }: TransportOptions): Transport & { close(): Promise<void> } {
  const tls = ca === undefined ? undefined : { ca }
  let isClosed = false
  return {
    isFramed: true,
    Headers: PlainHeaders as unknown as typeof Headers,
    fetch(url, init = {}) {
      if (isClosed)
        return Promise.reject(
          new ConfigurationError({ message: 'the client is closed', hint: 'Make a new client, or close it later.' }),
        )
      // The engine keeps the time; Bun's own limit of five minutes would end a call that the user gave longer.
      const full: BunRequestInit = { ...toPlatformInit(init), timeout: false, ...(tls && { tls }) }
      return fetch(url, full)
    },
    // Bun's connections are the process's own: there is nothing else to close.
    async close() {
      isClosed = true
    },
  }
}
