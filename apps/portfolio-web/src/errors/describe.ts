import { type ErrorCode, isOneBalanceError, type OneBalanceError } from '@ob/browser'

/** An error in the words of this page. */
export interface Description {
  /** What it means for who looks at the page. */
  readonly title: string
  /** What happened, by the library: what was called, and how it ended. */
  readonly message: string
  /** What to do, by the library. */
  readonly hint: string
  /** Facts for support. */
  readonly details: readonly (readonly [name: string, value: string])[]
  /** When the next request may be made, epoch ms; only where the API said so. */
  readonly retryAt?: number | undefined
}

const TITLES: { readonly [Code in ErrorCode]: string } = {
  configuration: 'This page is not set up right',
  insecure_url: 'Refused, because it would not be safe',
  invalid_input: 'Something in the request does not fit',
  unauthorized: 'Your session has ended',
  forbidden: 'You may not do this',
  not_found: 'This was not found',
  rate_limited: 'Too many requests',
  request_rejected: 'The request was refused',
  server_error: 'The service has a problem',
  network: 'There is no connection',
  timeout: 'It took too long',
  aborted: 'Stopped',
  invalid_response: 'The answer cannot be used',
  response_too_large: 'The answer is too large',
  unexpected_redirect: 'The answer leads elsewhere',
  outcome_unknown: 'Nobody knows yet if this went through',
  execution_failed: 'The swap did not go through',
}

/**
 * Puts any error into words.
 *
 * @param now epoch ms at which the error was caught
 */
export function describeError(error: unknown, now: number): Description {
  if (!isOneBalanceError(error))
    return {
      title: 'Something went wrong in this page',
      message: error instanceof Error ? error.message : String(error),
      hint: 'Reload the page. If it stays, tell who runs it.',
      details: [],
    }
  return {
    title: TITLES[error.code] ?? TITLES.server_error,
    message: error.message,
    hint: error.hint,
    details: detailsOf(error),
    ...(error.retryAfter !== undefined && { retryAt: now + error.retryAfter }),
  }
}

function detailsOf(error: OneBalanceError): Description['details'] {
  const { code, outcome, requestId, quoteId, attempts, serverError } = error
  const entries: [string, string | undefined][] = [
    ['Code', code],
    ['Outcome', outcome],
    ['Service said', serverError?.message],
    ['Request', requestId],
    ['Quote', quoteId],
    ['Attempts', attempts.length > 0 ? String(attempts.length) : undefined],
  ]
  return entries.filter((entry): entry is [string, string] => Boolean(entry[1]))
}
