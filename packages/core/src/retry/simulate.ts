import type { AnyEndpoint, Api } from '../api.ts'
import type { ErrorCode } from '../errors/base.ts'
import { ConfigurationError, type NetworkPhase } from '../errors/classes.ts'
import { errorFromStatus } from '../errors/normalize.ts'
import { createEvent, type EventDetails } from '../events.ts'
import { oneBalanceService } from '../onebalance/service.ts'
import type { Event, RetryOptions } from '../options.ts'
import { DEFAULT_RETRY, resolveCall } from '../resolve-options.ts'
import { createBudget } from './budget.ts'
import { decideRetry, type Failure, hidesOutcome, waitAfterLimit } from './policy.ts'
import { createRandom } from './random.ts'
import { createRateWindow } from './rate-window.ts'
import { type RateInfo, readRateInfo } from './retry-after.ts'

/** What the API, or the network before it, does with one attempt. A 2xx is an answer that fits the contract. */
export type SimulatedOutcome =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>> | undefined
      /** Until the whole answer is there, ms. @default 0 */
      readonly latency?: number | undefined
    }
  /** The network fails at once: before there is a connection, before the answer, or within the body of a 200. */
  | { readonly network: NetworkPhase }

/** One call and what happens to it. */
export interface Scenario {
  readonly endpoint: AnyEndpoint
  /** The endpoint's API, for its rate-limit headers. @default the OneBalance contract */
  readonly api?: Api | undefined
  /** One for each attempt; the last one repeats. */
  readonly outcomes: readonly SimulatedOutcome[]
  /** As the option of a call, ms. @default 120_000 */
  readonly deadline?: number | undefined
  /** As the option of a call, ms. @default 30_000 */
  readonly timeout?: number | undefined
}

/** What came of one attempt: an answer that is accepted has no `failure`. */
interface SimulatedResult {
  readonly status?: number
  readonly rate?: RateInfo
  readonly failure?: Failure
  readonly code?: ErrorCode
  readonly retryAfter?: number | undefined
}

/**
 * Plays one call of a new client on a clock that starts at 0, with the policy, budget and gate of the real client, and returns the
 * events that its hooks would get. Nothing is sent and nothing waits; the same seed gives the same events.
 *
 * @example
 * simulate({ maxRetries: 2 }, { endpoint: listAssets, outcomes: [{ status: 503 }, { status: 200 }] }, 1)
 * @throws {ConfigurationError} for an option that cannot be used, or without an outcome
 */
export function simulate(policy: RetryOptions | false | undefined, scenario: Scenario, seed: number): Event[] {
  const { endpoint, outcomes, api = oneBalanceService as Api } = scenario
  if (outcomes.length === 0) throw new ConfigurationError({ message: 'simulate: outcomes must hold at least one' })
  const settings = resolveCall(
    { retry: policy, timeout: scenario.timeout, deadline: scenario.deadline },
    { timeout: 30_000, deadline: 120_000, validate: true, retry: DEFAULT_RETRY, api },
  )
  const retryPolicy = settings.retry || DEFAULT_RETRY
  const { capacity, refill } = { ...DEFAULT_RETRY.budget, ...(policy || undefined)?.budget }
  const random = createRandom(seed)
  let clock = 0
  const window = createRateWindow({
    runtime: { now: () => clock, random },
    maxRetryAfter: retryPolicy.maxRetryAfter,
    jitter: retryPolicy.baseDelay,
  })
  const budget = createBudget({
    capacity: capacity ?? DEFAULT_RETRY.budget.capacity,
    refill: refill ?? DEFAULT_RETRY.budget.refill,
  })
  const events: Event[] = []
  const emit = (type: Event['type'], attempt: number, details: EventDetails = {}): void => {
    events.push(createEvent(type, clock, attempt, endpoint, details))
  }

  for (let attempt = 1; ; attempt += 1) {
    const waitMs = window.waitMs()
    if (waitMs > 0) {
      if (waitMs >= settings.deadline - clock) {
        emit('error', attempt - 1, { reason: 'rate_limited' })
        return events
      }
      emit('wait', attempt, { waitMs, reason: 'rate_limit' })
      clock += waitMs
    }
    if (window.shutUntil !== undefined) window.open()
    emit('request', attempt)
    const ticket = window.take()
    const outcome = outcomes[Math.min(attempt, outcomes.length) - 1] as SimulatedOutcome
    const result = play(outcome, Math.max(1, Math.min(settings.timeout, settings.deadline - clock)))
    const { status, rate, failure, code, retryAfter } = result
    if (status !== undefined) emit('response', attempt, { status })
    if (!failure) return events

    const decision = decideRetry({
      retryClass: endpoint.retry,
      failure,
      retries: attempt - 1,
      policy: settings.retry,
      retryAfter,
      remaining: settings.deadline - clock,
      takeBudget: budget.take,
      random: random(),
    })
    const shutFor =
      status === 429
        ? waitAfterLimit({ decision, retries: attempt - 1, policy: retryPolicy, retryAfter, random })
        : undefined
    window.give(ticket, rate && { rate, shutFor })
    if (!decision.retry) {
      const isHidden = endpoint.retry === 'once' && hidesOutcome(failure)
      emit('error', attempt, { reason: isHidden ? 'outcome_unknown' : code, status })
      return events
    }
    emit('retry', attempt, { waitMs: decision.delay, reason: code, status })
    if (status !== 429) clock += decision.delay
  }

  /** One attempt with so much time. */
  function play(outcome: SimulatedOutcome, limit: number): SimulatedResult {
    if ('network' in outcome) {
      const failure: Failure = { kind: outcome.network === 'connect' ? 'connect' : 'network' }
      const head = outcome.network === 'body' && { status: 200, rate: {} }
      return { failure, code: 'network', ...head }
    }
    const { status, headers = {}, latency = 0 } = outcome
    if (latency >= limit) {
      clock += limit
      return { failure: { kind: 'timeout' }, code: 'timeout' }
    }
    clock += latency
    const rate = readRateInfo(new Headers(headers), api.rateHeaders, () => clock)
    if (status >= 200 && status < 300) return { status, rate }
    if (status < 400) return { status, rate, failure: { kind: 'final' }, code: 'unexpected_redirect' }
    const { method, path, retry: retryClass } = endpoint
    const error = errorFromStatus({
      api,
      method,
      path,
      status,
      text: '',
      rate,
      now: clock,
      requestId: undefined,
      retryClass,
    })
    return { status, rate, failure: { kind: 'status', status }, code: error.code, retryAfter: error.retryAfter }
  }
}
