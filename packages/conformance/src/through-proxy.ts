// What a page gets where `@ob/proxy` does not pass on what the API said. Each case whose subject that is says so by one of these.

/** An answer that the proxy makes itself. */
export interface ProxyProblem {
  readonly name: 'ServerError'
  readonly status: 502
  readonly code: 'server_error'
  /** Of a request that may be repeated; a `once` one ends in `OutcomeUnknownError`. */
  readonly outcome: 'unknown'
  /** The proxy's own code, in `serverError`. */
  readonly said: string
}

/** 401: the key is the proxy's, so a page that signs in again mends nothing. */
export const UNAUTHORIZED = problem('upstream_auth')
/** Any redirect: where it leads is for the proxy's log, not for the page. */
export const REDIRECTED = problem('upstream_redirect')
/** No whole answer; one of up to 64 kB is read to its end before the page hears of it, so it has no phase and no status there. */
export const UNREACHABLE = problem('upstream_unreachable')
/** What is not JSON, by its content type, is not passed on. */
export const NOT_JSON = problem('invalid_response')

/** A page takes every 502 for one that passes, and sends what may be repeated four times. */
export const ATTEMPTS_AT_502 = 4

function problem(said: string): ProxyProblem {
  return { name: 'ServerError', status: 502, code: 'server_error', outcome: 'unknown', said }
}
