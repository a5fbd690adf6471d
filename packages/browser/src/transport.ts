import type { Fetch, Transport } from '@ob/core'
import { refuseKeyHeaders } from './keyless.ts'
import { VERSION } from './version.ts'

/** Options of the browser transport. */
export interface TransportOptions {
  /** Sends the requests instead of the global `fetch`. */
  readonly fetch: Fetch | undefined
  /** Whether cookies go along: to the page's own origin only, or to the proxy's wherever it is. */
  readonly credentials: 'same-origin' | 'include'
  /** The header that carries the API's key where there is one, lower case. */
  readonly keyHeader: string
}

/** Names the client to the proxy. A form or an image cannot send it, so a request of another site cannot pass for one of ours. */
const CLIENT_HEADER = 'x-ob-client'
/** Names one attempt. The browser may deliver it twice by itself, with the same headers; the proxy lets the second join the first. */
const CALL_HEADER = 'x-ob-call'
/** What the engine sets for others: browsers frame the message and name themselves. A call id is nobody's but this file's. */
const DROPPED = ['content-length', 'user-agent', CALL_HEADER]

/** Makes the transport of one client on the global `fetch`. */
export function createBrowserTransport({ fetch, credentials, keyHeader }: TransportOptions): Transport {
  return {
    async fetch(url, { method = 'GET', headers: given, body, redirect, signal }) {
      const headers = new Headers(given)
      // The last door before the wire, whichever way a header came.
      refuseKeyHeaders(headers.keys(), keyHeader)
      for (const name of DROPPED) headers.delete(name)
      headers.set(CLIENT_HEADER, `browser/${VERSION}`)
      if (method !== 'GET' && method !== 'HEAD') headers.set(CALL_HEADER, createCallId())
      const send: Fetch = fetch ?? globalThis.fetch
      return send(url, {
        method,
        headers,
        // Chromium streams a body over HTTP/2 only; a string goes over both.
        body: body instanceof ReadableStream ? await new Response(body).text() : (body ?? null),
        redirect: redirect as RequestRedirect,
        signal: signal ?? null,
        // Cloudflare's workerd throws for these two, and its Request has no such property.
        ...('credentials' in Request.prototype && { credentials, cache: 'no-store' }),
      })
    },
  }
}

/** 128 random bits as 32 hex digits. */
export function createCallId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
