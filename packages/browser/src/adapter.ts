import type { Adapter, Api } from '@ob/core'
import { createBrowserTransport, type TransportOptions } from './transport.ts'

/** What a page adds to the engine: a transport to the proxy, and no key. */
export function createBrowserAdapter(options: TransportOptions): Adapter {
  return {
    name: 'browser',
    createTransport: () => createBrowserTransport(options),
    // The proxy sent it on, and lost the API's answer.
    hidesOutcome: ({ status, serverError }) => status === 409 && serverError?.code === 'outcome_unknown',
  }
}

/** The API as a page sees it: no header for a key, and the advice for whoever talks to a proxy. */
export function throughProxy<A extends Api>(api: A): A {
  return { ...api, keyHeader: '', hints: { ...api?.hints, ...HINTS } }
}

const HINTS = {
  401: 'The proxy asks who you are (its option `authorize`, not the API key): sign in, then try again.',
  403: 'The proxy refuses the origin of this page (its option `origins`), or its key may not do this: ask who runs it.',
  404: 'Nothing has this id, the proxy does not allow this endpoint (its option `allow`), or proxyURL is not where it is.',
  429: 'Too many requests: wait `retryAfter` ms, and make fewer calls at once (see maxConcurrent).',
  502: 'The proxy got no good answer from the API; with code upstream_auth, the API refused its key: tell who runs it.',
}
