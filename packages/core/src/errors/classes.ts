import type { Issue } from '../api.ts'
import { type ErrorCode, type ErrorDetails, OneBalanceError } from './base.ts'

/** Errors of a request: their `status` is the HTTP status of the last answer. `More` is what a class has beside the fields of all. */
abstract class CallError<More = unknown> extends OneBalanceError {
  declare readonly status?: number

  constructor(details: ErrorDetails & More) {
    super(details)
  }
}

/** A bad option or key. Nothing was sent. */
export class ConfigurationError extends CallError {
  override get name(): string {
    return 'ConfigurationError'
  }
  readonly code: ErrorCode = 'configuration'
}

/** The HTTPS check refused a URL or a path. The key source was not asked and nothing was sent. */
export class InsecureUrlError extends ConfigurationError {
  override get name(): string {
    return 'InsecureUrlError'
  }
  override readonly code = 'insecure_url'
}

/** The input does not fit the contract. Nothing was sent. */
export class InputError extends CallError<{ readonly issues: readonly Issue[] }> {
  override get name(): string {
    return 'InputError'
  }
  readonly code = 'invalid_input'
  /** What is wrong, by field. Values are not part of it. */
  declare readonly issues: readonly Issue[]
}

/** 401: the key is missing, wrong, expired or revoked. */
export class AuthenticationError extends CallError {
  override get name(): string {
    return 'AuthenticationError'
  }
  readonly code = 'unauthorized'
}

/** 403: the key may not use this endpoint. */
export class PermissionError extends CallError {
  override get name(): string {
    return 'PermissionError'
  }
  readonly code = 'forbidden'
}

/** 404 or 410: nothing is there. */
export class NotFoundError extends CallError {
  override get name(): string {
    return 'NotFoundError'
  }
  readonly code = 'not_found'
}

/** 429, or the client's own gate: too many requests. `retryAfter` says how long to wait, in ms. */
export class RateLimitError extends CallError<{
  readonly limit?: number | undefined
  readonly remaining?: number | undefined
  readonly resetAt?: number | undefined
}> {
  override get name(): string {
    return 'RateLimitError'
  }
  readonly code = 'rate_limited'
  /** Requests allowed in a window, if the API said so. */
  declare readonly limit?: number
  /** Requests left in the window, if the API said so. */
  declare readonly remaining?: number
  /** When the next request becomes possible, epoch ms, if the API said so. */
  declare readonly resetAt?: number
}

/** Any other 4xx. */
export class RequestError extends CallError {
  override get name(): string {
    return 'RequestError'
  }
  readonly code = 'request_rejected'
}

/** 5xx. */
export class ServerError extends CallError {
  override get name(): string {
    return 'ServerError'
  }
  readonly code = 'server_error'
}

/** How far a request had come when the network failed. */
export type NetworkPhase = 'connect' | 'response' | 'body' | 'unknown'

/** No whole answer arrived. */
export class NetworkError extends CallError<{ readonly phase: NetworkPhase }> {
  override get name(): string {
    return 'NetworkError'
  }
  readonly code = 'network'
  /** How far the request had come: no connection, no answer, half an answer. */
  declare readonly phase: NetworkPhase
}

/** A time limit of the client passed: that of one attempt, or that of the whole call. */
export class TimeoutError extends CallError<{
  readonly scope: 'attempt' | 'deadline'
  readonly lastStatus?: string | undefined
}> {
  override get name(): string {
    return 'TimeoutError'
  }
  readonly code = 'timeout'
  declare readonly scope: 'attempt' | 'deadline'
  /** For `executions.wait`: the last status that was seen. */
  declare readonly lastStatus?: string
}

/** The caller's signal ended the call; `cause` is the signal's reason. On a `once` call that may have left, `outcome` is `unknown`. */
export class AbortError extends CallError {
  override get name(): string {
    return 'AbortError'
  }
  readonly code = 'aborted'
}

interface ResponseDetails {
  readonly code: 'invalid_response' | 'response_too_large' | 'unexpected_redirect'
  readonly issues?: readonly Issue[] | undefined
}

/** The answer cannot be used: not JSON, off contract (`issues`), too large, or a redirect. */
export class ResponseError extends CallError<ResponseDetails> {
  override get name(): string {
    return 'ResponseError'
  }
  declare readonly code: 'invalid_response' | 'response_too_large' | 'unexpected_redirect'
  /** For an answer that is off contract: what is wrong, by field. */
  declare readonly issues: readonly Issue[]

  constructor(details: ErrorDetails & ResponseDetails) {
    super({ ...details, issues: details.issues ?? [] })
  }
}

/** A `once` request may or may not have run; `cause` is what hid the answer. Ask for its status before doing anything else. */
export class OutcomeUnknownError extends CallError {
  override get name(): string {
    return 'OutcomeUnknownError'
  }
  readonly code = 'outcome_unknown'
}

/** A quote ended as REFUNDED or FAILED, or the API refused its execution inside a 2xx answer. */
export class ExecutionError extends OneBalanceError {
  override get name(): string {
    return 'ExecutionError'
  }
  readonly code = 'execution_failed'
  /** `REFUNDED` or `FAILED`; the HTTP status where the API refused the execution at once. */
  declare readonly status?: number | string
  /** Why, as the API names it. The list is open. */
  declare readonly failReason?: string

  constructor(
    details: Omit<ErrorDetails, 'status'> & {
      readonly status?: number | string | undefined
      readonly failReason?: string | undefined
    },
  ) {
    super(details)
  }
}
