import type { ServerErrorBody } from '../api.ts'

/** The stable string to switch on. */
export type ErrorCode =
  | 'configuration'
  | 'insecure_url'
  | 'invalid_input'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'rate_limited'
  | 'request_rejected'
  | 'server_error'
  | 'network'
  | 'timeout'
  | 'aborted'
  | 'invalid_response'
  | 'response_too_large'
  | 'unexpected_redirect'
  | 'outcome_unknown'
  | 'execution_failed'

/**
 * What became of the request.
 *
 * - `not_sent`: it certainly did not reach the API.
 * - `rejected`: the API refused it (4xx, redirect).
 * - `accepted`: the API answered 2xx.
 * - `unknown`: it may have been processed or not.
 */
export type Outcome = 'not_sent' | 'rejected' | 'accepted' | 'unknown'

/** Why no (further) retry was made. */
export type Stopped = 'not_retryable' | 'disabled' | 'max_retries' | 'budget' | 'deadline' | 'retry_after' | 'aborted'

/** One try on the wire. */
export interface AttemptRecord {
  /** When it began, epoch ms. */
  readonly startedAt: number
  /** From asking for the key to the end of the answer, ms. */
  readonly durationMs: number
  /** The HTTP status, if an answer's head arrived. */
  readonly status?: number
  /** Why it failed. */
  readonly error?: ErrorCode
  /** How long the call waited after it, ms. */
  readonly waitMs?: number
}

/** What every error carries. All of it is safe to log: no key, no request body, no query. */
export interface ErrorDetails {
  /** One line: what was called, and what happened. */
  readonly message: string
  /** @default 'not_sent' */
  readonly outcome?: Outcome | undefined
  readonly status?: number | string | undefined
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly requestId?: string | undefined
  readonly attempts?: readonly AttemptRecord[] | undefined
  readonly stopped?: Stopped | undefined
  readonly retryAfter?: number | undefined
  readonly retryable?: boolean | undefined
  readonly hint?: string | undefined
  readonly serverError?: ServerErrorBody | undefined
  readonly quoteId?: string | undefined
  readonly cause?: unknown
}

/** The registered symbol is the same in every copy of this module, and in every realm. */
const MARK = Symbol.for('onebalance.error')

/** The base of every error this library throws or rejects with. */
export abstract class OneBalanceError extends Error {
  /** The stable string to switch on. */
  abstract readonly code: ErrorCode
  /** What became of the request. */
  readonly outcome: Outcome = 'not_sent'
  /** The tries that were made, in order. */
  readonly attempts: readonly AttemptRecord[] = []
  /** Whether the same call may be made again, safely and with hope. */
  readonly retryable: boolean = false
  /** What to do about it. */
  readonly hint: string = ''
  /** HTTP status of the last answer; on `ExecutionError` the status of the execution. */
  declare readonly status?: number | string
  /** HTTP method. */
  declare readonly method?: string
  /** Path on the API, without the query. */
  declare readonly path?: string
  /** The API's own id of the request (`x-request-id`), for its support. */
  declare readonly requestId?: string
  /** Why no further retry was made. */
  declare readonly stopped?: Stopped
  /** How long the API asks to wait, ms. */
  declare readonly retryAfter?: number
  /** What the API said, in one shape. */
  declare readonly serverError?: ServerErrorBody
  /** The quote that the request was about. */
  declare readonly quoteId?: string

  constructor(details: ErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined)
    amendError(this, details)
  }

  get [MARK](): true {
    return true
  }

  /** A plain object with every field, safe to log. */
  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { name: this.name, code: this.code, message: this.message }
    for (const [key, value] of Object.entries(this)) json[key] = value
    if (this.cause !== undefined) json['cause'] = causeToJSON(this.cause)
    return json
  }
}

/** Sets the fields that are known only later, such as `attempts` at the end of a call. Undefined ones are left as they are. */
export function amendError(error: OneBalanceError, details: Partial<ErrorDetails>): void {
  for (const [key, value] of Object.entries(details)) {
    if (value !== undefined && key !== 'message' && key !== 'cause') Object.assign(error, { [key]: value })
  }
}

/**
 * Whether a value is an error of this library, also one from another copy or bundle of it.
 *
 * @example
 * try { await ob.assets.list() } catch (error) {
 *   if (isOneBalanceError(error) && error.code === 'rate_limited') console.log(error.retryAfter)
 * }
 */
export function isOneBalanceError(value: unknown): value is OneBalanceError {
  return typeof value === 'object' && value !== null && (value as { [MARK]?: unknown })[MARK] === true
}

function causeToJSON(cause: unknown): unknown {
  if (isOneBalanceError(cause)) return cause.toJSON()
  if (cause instanceof Error)
    return { name: cause.name, message: cause.message, ...('code' in cause && { code: cause.code }) }
  // The reason of a caller's signal can be anything, also what JSON cannot hold or `String` cannot read.
  return ['string', 'number', 'boolean'].includes(typeof cause) ? cause : Object.prototype.toString.call(cause)
}
