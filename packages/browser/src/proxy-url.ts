import { ConfigurationError, InsecureUrlError } from '@ob/core'

const HINT =
  'Give the place of @ob/proxy: a path of this site such as /onebalance, or its https:// address. http:// is for this machine only.'

/**
 * The proxy's whole address. A path is joined to the page's origin as it is written, so that the engine's check sees it so.
 *
 * @throws {ConfigurationError} when there is none, or a path where there is no page
 */
export function resolveProxyURL(proxyURL: unknown): string | URL {
  if (typeof proxyURL !== 'string' || !/^\/(?!\/)/.test(proxyURL)) {
    // Without one, the engine would take the API's own address.
    if (proxyURL == null) throw new ConfigurationError({ message: `proxyURL: there is none. ${HINT}`, hint: HINT })
    return proxyURL as string | URL
  }
  const origin = (globalThis as { location?: { origin?: string } }).location?.origin
  // A file or a sandboxed frame has the origin "null".
  if (origin && origin !== 'null') return origin + proxyURL
  const hint = 'On a server, give the whole address, such as https://app.example/onebalance.'
  throw new ConfigurationError({
    message: `proxyURL: is relative, and there is no page that it belongs to. ${hint}`,
    hint,
  })
}

/** What the engine says of its `baseURL`, as said of the `proxyURL` that it comes from. */
export function explainRefusal(error: unknown): unknown {
  if (!(error instanceof ConfigurationError) || !error.message.startsWith('baseURL')) return error
  const Refusal = error instanceof InsecureUrlError ? InsecureUrlError : ConfigurationError
  return new Refusal({ message: `proxyURL${error.message.slice(7).split('. ')[0]}. ${HINT}`, hint: HINT })
}
