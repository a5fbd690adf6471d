import type { RetryClass } from '../api.ts'
import type { Stopped } from '../errors/base.ts'
import { backoffDelay } from './backoff.ts'

/** A complete retry policy; see `RetryOptions` for the meaning of each part. */
export interface RetryPolicy {
  readonly maxRetries: number
  readonly baseDelay: number
  readonly maxDelay: number
  readonly maxRetryAfter: number
}

/**
 * Why an attempt failed, as far as the policy cares.
 *
 * - `connect`: a connection was certainly never made. `untrusted`: the certificate is not trusted.
 * - `network`, `timeout`: the request may have arrived, and no whole answer came.
 * - `status`: the API answered with this status. `invalid`: a complete 2xx that cannot be used.
 * - `final`: anything that another try cannot change.
 */
export type Failure =
  | { readonly kind: 'connect' | 'untrusted' | 'network' | 'timeout' | 'invalid' | 'final' }
  | { readonly kind: 'status'; readonly status: number }

/** What the decision depends on; nothing else does. */
export interface RetryQuestion {
  readonly retryClass: RetryClass
  readonly failure: Failure
  /** Retries made so far. */
  readonly retries: number
  /** `false`: retries are switched off. */
  readonly policy: RetryPolicy | false
  /** What the API asked to wait, ms. */
  readonly retryAfter?: number | undefined
  /** Left of the call's deadline, ms. */
  readonly remaining: number
  /** Takes one retry from the client's budget, see `Budget`; asked last. */
  readonly takeBudget: () => number | false
  /** In [0, 1). */
  readonly random: number
}

/** Try again after `delay` ms, or stop. */
export type RetryDecision =
  | { readonly retry: true; readonly delay: number }
  | { readonly retry: false; readonly stopped: Stopped }

/** The retry policy: a function of its input and of nothing else. */
export function decideRetry(question: RetryQuestion): RetryDecision {
  const { retryClass, failure, retries, policy, retryAfter = 0, remaining, takeBudget, random } = question
  if (!isRetryable(retryClass, failure)) return stop('not_retryable')
  if (policy === false) return stop('disabled')
  if (retries >= policy.maxRetries) return stop('max_retries')
  if (retryAfter > policy.maxRetryAfter || retryAfter > Math.max(0, remaining)) return stop('retry_after')
  const delay = retryAfter + backoffDelay(retries, policy, random)
  if (delay >= remaining) return stop('deadline')
  const spent = takeBudget()
  if (spent === false) return stop('budget')
  return { retry: true, delay: delay + random * spread({ failure, retryAfter, spent, left: remaining - delay }) }
}

/**
 * How long the client's gate stays shut after a 429, ms: as long as the retry waits; where there is none, as long as it
 * would have waited. Never longer than `maxRetryAfter`.
 */
export function waitAfterLimit(question: {
  readonly decision: RetryDecision
  readonly retries: number
  readonly policy: RetryPolicy
  readonly retryAfter: number | undefined
  /** Asked only where the decision has no delay. */
  readonly random: () => number
}): number {
  const { decision, retries, policy, retryAfter = 0, random } = question
  const wait = decision.retry ? decision.delay : retryAfter + backoffDelay(retries, policy, random())
  return Math.min(wait, policy.maxRetryAfter)
}

/** Whether a request of this class may be sent again after this failure. */
export function isRetryable(retryClass: RetryClass, failure: Failure): boolean {
  if (failure.kind === 'connect') return true
  if (retryClass === 'once') return false
  if (failure.kind === 'status')
    return TRANSIENT.has(failure.status) || failure.status === 425 || failure.status === 429
  return failure.kind === 'network' || failure.kind === 'timeout'
}

/** Whether a `once` request may have run although it failed. */
export function hidesOutcome(failure: Failure): boolean {
  if (failure.kind === 'status') return failure.status === 408 || failure.status >= 500
  return failure.kind === 'network' || failure.kind === 'timeout' || failure.kind === 'invalid'
}

/** Statuses that pass (RFC 9110, section 15; 520 to 524 are Cloudflare's, 529 means overloaded). */
const TRANSIENT: ReadonlySet<number> = new Set([408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])

/**
 * What is added to the jitter of a `Retry-After`, ms at most. Where many calls of a client have failed, each waits for itself, and all
 * may have been told the same moment: the more of the budget is spent, the further apart they come back. One call alone gets no more,
 * and after a 429 it is the gate that holds the calls back.
 */
function spread(question: {
  readonly failure: Failure
  readonly retryAfter: number
  readonly spent: number
  readonly left: number
}): number {
  const { failure, retryAfter, spent, left } = question
  if (failure.kind === 'status' && failure.status === 429) return 0
  // A tenth of what is left of the deadline is for the request itself.
  return Math.min(2 * retryAfter * spent, 0.9 * left)
}

function stop(stopped: Stopped): RetryDecision {
  return { retry: false, stopped }
}
