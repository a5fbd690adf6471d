import type { OneBalanceError } from '@ob/core'
import { reasonPhrase } from '@ob/core/engine'
import type { ProxyAnswer } from './exchange.ts'

/** Headers of every answer: it is private, and never anything but what its type says. */
export const SAFE_HEADERS = Object.freeze({
  'cache-control': 'no-store',
  'content-type': 'application/json',
  'x-content-type-options': 'nosniff',
})

/** An answer that says what is wrong, in the API's own shape. */
export function problem(
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): ProxyAnswer & { readonly body: string } {
  return {
    status,
    headers: headers ? { ...SAFE_HEADERS, ...headers } : SAFE_HEADERS,
    body: JSON.stringify({ error: reasonPhrase(status), message, code }),
  }
}

/** `Retry-After` in whole seconds, 1 at least, and never sooner than asked. */
export function retryAfter(ms: number | undefined): { readonly 'retry-after': string } {
  return { 'retry-after': String(Math.max(1, Math.ceil((ms ?? 0) / 1_000))) }
}

/** The answer for a request that the API refused, or gave no answer to that could be passed on. `passed` are headers of the API's. */
export function problemOf(error: OneBalanceError, passed: Readonly<Record<string, string>> = {}): ProxyAnswer {
  const { code, status } = error
  switch (code) {
    case 'unauthorized':
      return problem(502, 'upstream_auth', 'The API refused the key of this site. Its operator has to mend that.')
    case 'unexpected_redirect':
      return problem(502, 'upstream_redirect', 'The API answered with a redirect, which is not followed.')
    case 'timeout':
      return problem(504, 'upstream_timeout', 'The API did not answer in time.')
    case 'network':
      return problem(502, 'upstream_unreachable', 'The API could not be reached, or broke off.')
    case 'invalid_response':
    case 'response_too_large':
      return problem(502, code, 'The API answered with what cannot be passed on.')
    case 'configuration':
    case 'insecure_url':
      return problem(503, 'proxy_configuration', 'The proxy is not set up to send this; its log says why.')
    case 'rate_limited':
      return problem(429, code, say(error), { ...passed, ...retryAfter(error.retryAfter) })
  }
  // Past 599 there is no such class of answers (RFC 9110, section 15), and no `Response` either.
  if (typeof status !== 'number' || status < 400 || status > 599)
    return problem(502, code, 'The API could not be asked.')
  const wait = error.retryAfter === undefined ? {} : retryAfter(error.retryAfter)
  return problem(status, String(error.serverError?.code ?? code), say(error), { ...passed, ...wait })
}

function say({ serverError, message }: OneBalanceError): string {
  return serverError?.message ?? serverError?.error ?? message
}
