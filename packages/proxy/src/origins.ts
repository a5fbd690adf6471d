import { ConfigurationError, isLoopback } from '@ob/core'
import type { ProxyAnswer, ProxyRequest } from './exchange.ts'
import { problem } from './problem.ts'

/** The header that says a script sends this: a form cannot set it, and a script of another origin has to ask first. */
export const CLIENT_HEADER = 'x-ob-client'
/** The header that is the same in every copy of one request. */
export const CALL_HEADER = 'x-ob-call'

/** Whose pages may call: checks of Host, Origin and Fetch Metadata (https://www.w3.org/TR/fetch-metadata/). */
export interface Origins {
  /** Refuses a request that is for another site, or from another's page. */
  check(request: ProxyRequest): ProxyAnswer | undefined
  /** The answer to a CORS preflight request (Fetch, "CORS-preflight request"); `undefined` where it is none. */
  preflight(request: ProxyRequest): ProxyAnswer | undefined
  /** The headers that let a page of a listed origin read the answer. */
  expose(request: ProxyRequest): Readonly<Record<string, string>> | undefined
}

const EXPOSED = 'retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id'
const ALLOWED = `accept, accept-language, content-type, traceparent, ${CALL_HEADER}, ${CLIENT_HEADER}`

/**
 * @throws {ConfigurationError} for an origin that is not written as browsers write it
 */
export function createOrigins(options: {
  readonly publicOrigin: string | undefined
  readonly origins: readonly string[]
  readonly methods: readonly string[]
  /** Whether a Host that is not this machine is refused when there is no `publicOrigin`. */
  readonly needsLoopback: boolean
}): Origins {
  const { needsLoopback } = options
  const publicOrigin =
    options.publicOrigin === undefined ? undefined : checkOrigin('publicOrigin', options.publicOrigin)
  const publicHost = publicOrigin && new URL(publicOrigin).host
  const listed = new Set(options.origins.map((origin) => checkOrigin('origins', origin)))
  const methods = [...new Set(options.methods)].join(', ')

  // Nearly every request is for the same, and reading a URL costs more than comparing it.
  let last: { readonly text: string; readonly url: URL | undefined } | undefined
  const parseAgain = (text: string): URL | undefined => {
    if (last?.text !== text) last = { text, url: parse(text) }
    return last.url
  }
  const findOwn = ({ host, scheme, remoteAddress }: ProxyRequest): string | undefined => {
    if (publicOrigin) return host === publicHost || host === `${publicHost}:443` ? publicOrigin : undefined
    const url = parseAgain(`${scheme}://${host}`)
    if (!url || !/^[\w.[\]:-]+$/.test(host)) return undefined
    // A name that is not ours and leads to this machine is how DNS rebinding makes a stranger's page "same origin".
    const isSuspect = needsLoopback || (scheme === 'http' && isLocalAddress(remoteAddress))
    return isSuspect && !isLoopback(url.hostname) ? undefined : url.origin
  }
  const isListed = (origin: string | undefined): origin is string => origin !== undefined && listed.has(origin)

  return {
    check(request) {
      const own = findOwn(request)
      if (!own)
        return problem(
          421,
          'misdirected_request',
          'The Host is not that of this site. Its operator can set publicOrigin.',
        )
      const origin = request.header('origin')
      const site = request.header('sec-fetch-site')
      const isSame = site === undefined || site === 'same-origin' || site === 'none'
      if (origin === undefined ? !isSame : !(isSame && origin === own) && !isListed(origin)) return foreign()
      if (!request.header(CLIENT_HEADER))
        return problem(403, 'client_header_missing', `The header ${CLIENT_HEADER} is missing; @ob/browser sends it.`)
      return undefined
    },
    preflight(request) {
      const origin = request.header('origin')
      if (request.method !== 'OPTIONS' || origin === undefined || !request.header('access-control-request-method'))
        return undefined
      const own = findOwn(request)
      if (!own) return problem(421, 'misdirected_request', 'The Host is not that of this site.')
      if (origin !== own && !listed.has(origin)) return foreign()
      return {
        status: 204,
        headers: {
          'access-control-allow-origin': origin,
          'access-control-allow-credentials': 'true',
          'access-control-allow-methods': methods,
          'access-control-allow-headers': ALLOWED,
          'access-control-max-age': '600',
          'cache-control': 'no-store',
          vary: 'Origin',
        },
        body: null,
      }
    },
    expose(request) {
      if (listed.size === 0) return undefined
      const origin = request.header('origin')
      if (!isListed(origin)) return { vary: 'Origin' }
      return {
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': EXPOSED,
        vary: 'Origin',
      }
    },
  }
}

function foreign(): ProxyAnswer {
  return problem(403, 'foreign_origin', 'Pages of that origin may not call this proxy.')
}

function checkOrigin(option: string, value: unknown): string {
  const url = typeof value === 'string' ? parse(value) : undefined
  // A star would be one more character of a name that nobody has.
  if (!url || url.origin !== value || value.includes('*'))
    throw new ConfigurationError({
      message: `${option}: must be an origin as browsers write it, such as https://app.example, with nothing after it`,
    })
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new ConfigurationError({ message: `${option}: must be https, or http on this machine` })
  return value as string
}

function isLocalAddress(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address)
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
