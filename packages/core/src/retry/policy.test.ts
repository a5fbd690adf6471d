import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RetryClass } from '../api.ts'
import { DEFAULT_RETRY } from '../resolve-options.ts'
import {
  decideRetry,
  type Failure,
  hidesOutcome,
  type RetryPolicy,
  type RetryQuestion,
  waitAfterLimit,
} from './policy.ts'

/** Decisions after the first, second, third and fourth attempt, with the default of 3 retries. */
const AGAIN = ['retry', 'retry', 'retry', 'max_retries'] as const
const NEVER = ['not_retryable', 'not_retryable', 'not_retryable', 'not_retryable'] as const

/** Each outcome of an attempt, and what follows for an endpoint that reads, one that only computes, and one that moves value. */
const TABLE: readonly (readonly [
  outcome: Failure['kind'] | number,
  safe: Decisions,
  idempotent: Decisions,
  once: Decisions,
])[] = [
  // The connection was certainly never made: nothing was sent, so everything may be sent again.
  ['connect', AGAIN, AGAIN, AGAIN],
  // A certificate that is not trusted stays so.
  ['untrusted', NEVER, NEVER, NEVER],
  // No whole answer: the request may have arrived.
  ['network', AGAIN, AGAIN, NEVER],
  ['timeout', AGAIN, AGAIN, NEVER],
  // A whole answer that cannot be used would come again.
  ['invalid', NEVER, NEVER, NEVER],
  // A redirect, a bad key, an abort.
  ['final', NEVER, NEVER, NEVER],
  // 4xx: the request itself is refused, except where the status says that a later one may pass.
  [400, NEVER, NEVER, NEVER],
  [401, NEVER, NEVER, NEVER],
  [402, NEVER, NEVER, NEVER],
  [403, NEVER, NEVER, NEVER],
  [404, NEVER, NEVER, NEVER],
  [405, NEVER, NEVER, NEVER],
  [406, NEVER, NEVER, NEVER],
  [407, NEVER, NEVER, NEVER],
  [408, AGAIN, AGAIN, NEVER],
  [409, NEVER, NEVER, NEVER],
  [410, NEVER, NEVER, NEVER],
  [413, NEVER, NEVER, NEVER],
  [415, NEVER, NEVER, NEVER],
  [421, NEVER, NEVER, NEVER],
  [422, NEVER, NEVER, NEVER],
  [423, NEVER, NEVER, NEVER],
  [424, NEVER, NEVER, NEVER],
  [425, AGAIN, AGAIN, NEVER],
  [428, NEVER, NEVER, NEVER],
  [429, AGAIN, AGAIN, NEVER],
  [431, NEVER, NEVER, NEVER],
  [451, NEVER, NEVER, NEVER],
  [499, NEVER, NEVER, NEVER],
  // 5xx: those that pass by themselves, and no other.
  [500, AGAIN, AGAIN, NEVER],
  [501, NEVER, NEVER, NEVER],
  [502, AGAIN, AGAIN, NEVER],
  [503, AGAIN, AGAIN, NEVER],
  [504, AGAIN, AGAIN, NEVER],
  [505, NEVER, NEVER, NEVER],
  [507, NEVER, NEVER, NEVER],
  [508, NEVER, NEVER, NEVER],
  [511, NEVER, NEVER, NEVER],
  [520, AGAIN, AGAIN, NEVER],
  [521, AGAIN, AGAIN, NEVER],
  [522, AGAIN, AGAIN, NEVER],
  [523, AGAIN, AGAIN, NEVER],
  [524, AGAIN, AGAIN, NEVER],
  [525, NEVER, NEVER, NEVER],
  [526, NEVER, NEVER, NEVER],
  [529, AGAIN, AGAIN, NEVER],
  [530, NEVER, NEVER, NEVER],
  [599, NEVER, NEVER, NEVER],
]
type Decisions = readonly string[]

const ROWS = TABLE.flatMap(([outcome, ...columns]) =>
  (['safe', 'idempotent', 'once'] as const).flatMap((retryClass, column) =>
    (columns[column] as Decisions).map((decision, index) => ({ retryClass, outcome, attempt: index + 1, decision })),
  ),
)

const toFailure = (outcome: Failure['kind'] | number): Failure =>
  typeof outcome === 'number' ? { kind: 'status', status: outcome } : ({ kind: outcome } as Failure)

const ask = (question: Partial<RetryQuestion>) =>
  decideRetry({
    retryClass: 'safe',
    failure: { kind: 'status', status: 503 },
    retries: 0,
    policy: DEFAULT_RETRY,
    remaining: 120_000,
    takeBudget: () => 0,
    random: 0.5,
    ...question,
  })

const word = (question: Partial<RetryQuestion>): string => {
  const decision = ask(question)
  return decision.retry ? 'retry' : decision.stopped
}

describe('decideRetry', () => {
  it.each(ROWS)('$retryClass, $outcome, attempt $attempt: $decision', ({ retryClass, outcome, attempt, decision }) => {
    expect(word({ retryClass, failure: toFailure(outcome), retries: attempt - 1 })).toBe(decision)
  })

  it.each<[string, Partial<RetryQuestion>, ReturnType<typeof decideRetry>]>([
    ['the first delay', {}, { retry: true, delay: 250 }],
    ['the third delay', { retries: 2 }, { retry: true, delay: 1_000 }],
    [
      'a delay at its upper bound',
      { retries: 9, policy: { ...DEFAULT_RETRY, maxRetries: 99 } },
      { retry: true, delay: 4_000 },
    ],
    ['Retry-After is the lower bound', { retryAfter: 2_000, random: 0 }, { retry: true, delay: 2_000 }],
    ['jitter comes on top of Retry-After', { retryAfter: 2_000 }, { retry: true, delay: 2_250 }],
    ['the longest Retry-After', { retryAfter: 60_000, random: 0 }, { retry: true, delay: 60_000 }],
    ['a longer Retry-After', { retryAfter: 60_001 }, { retry: false, stopped: 'retry_after' }],
    [
      'a Retry-After behind the deadline',
      { retryAfter: 5_001, remaining: 5_000 },
      { retry: false, stopped: 'retry_after' },
    ],
    ['jitter behind the deadline', { retryAfter: 4_900, remaining: 5_000 }, { retry: false, stopped: 'deadline' }],
    ['a delay that ends with the deadline', { remaining: 250 }, { retry: false, stopped: 'deadline' }],
    ['a delay that just fits', { remaining: 251 }, { retry: true, delay: 250 }],
    ['a deadline that has passed', { remaining: -1, random: 0 }, { retry: false, stopped: 'deadline' }],
    ['an empty budget', { takeBudget: () => false }, { retry: false, stopped: 'budget' }],
    [
      'a Retry-After for many calls, spread',
      { retryAfter: 10_000, takeBudget: () => 0.5 },
      { retry: true, delay: 15_250 },
    ],
    [
      'a Retry-After for many calls, spread within the deadline',
      { retryAfter: 10_000, takeBudget: () => 0.5, remaining: 12_250 },
      { retry: true, delay: 11_150 },
    ],
    [
      'a 429, spread by the gate',
      { failure: { kind: 'status', status: 429 }, retryAfter: 10_000, takeBudget: () => 0.5 },
      { retry: true, delay: 10_250 },
    ],
    ['retries without Retry-After, whatever is spent', { takeBudget: () => 0.9 }, { retry: true, delay: 250 }],
    ['retries switched off', { policy: false }, { retry: false, stopped: 'disabled' }],
    [
      'what is never retried, switched off',
      { policy: false, failure: { kind: 'final' } },
      { retry: false, stopped: 'not_retryable' },
    ],
    ['no retries allowed', { policy: { ...DEFAULT_RETRY, maxRetries: 0 } }, { retry: false, stopped: 'max_retries' }],
  ])('%s', (_, question, decision) => {
    expect(ask(question)).toEqual(decision)
  })

  it('spends the budget only on a retry that will be made', () => {
    let taken = 0
    const takeBudget = () => {
      taken += 1
      return 0
    }
    ask({ takeBudget, failure: { kind: 'final' } })
    ask({ takeBudget, policy: false })
    ask({ takeBudget, retries: 3 })
    ask({ takeBudget, retryAfter: 90_000 })
    ask({ takeBudget, remaining: 1 })
    expect(taken).toBe(0)
    ask({ takeBudget })
    expect(taken).toBe(1)
  })
})

const duration = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, noNaN: true }))
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const policy: fc.Arbitrary<RetryPolicy> = fc.record({
  maxRetries: fc.oneof(fc.nat(), fc.constant(Number.POSITIVE_INFINITY)),
  baseDelay: duration,
  maxDelay: duration,
  maxRetryAfter: duration,
})
const failure = fc.oneof(
  fc.constantFrom<Failure>({ kind: 'connect' }, { kind: 'network' }, { kind: 'timeout' }, { kind: 'final' }),
  fc.integer({ min: 100, max: 999 }).map((status): Failure => ({ kind: 'status', status })),
)
const retryClass = fc.constantFrom<RetryClass>('safe', 'idempotent', 'once')

it('never waits less than nothing, more than the cap, less than Retry-After, or past the deadline', () => {
  const question = fc.record({
    retryClass,
    failure,
    retries: fc.nat(),
    policy,
    retryAfter: fc.option(duration, { nil: undefined }),
    remaining: fc.oneof(duration, fc.integer({ min: -1_000, max: 1_000 })),
    takeBudget: fc.constantFrom(
      () => 0,
      () => 0.98,
      () => false as const,
    ),
    random,
  })
  fc.assert(
    fc.property(question, (question) => {
      const decision = decideRetry(question)
      if (!decision.retry) return
      const { retryAfter = 0, policy, remaining, takeBudget, retries } = question
      const spent = takeBudget()
      expect(decision.delay).toBeGreaterThanOrEqual(retryAfter)
      expect(decision.delay).toBeLessThanOrEqual(
        retryAfter + (policy as RetryPolicy).maxDelay + 2 * retryAfter * Number(spent),
      )
      expect(decision.delay).toBeLessThan(remaining)
      expect(retryAfter).toBeLessThanOrEqual((policy as RetryPolicy).maxRetryAfter)
      expect(retries).toBeLessThan((policy as RetryPolicy).maxRetries)
      expect(spent).not.toBe(false)
    }),
    { numRuns: 2_000 },
  )
})

it('never sends again what may have moved value', () => {
  fc.assert(
    fc.property(failure, fc.nat(), policy, random, (failure, retries, policy, random) => {
      const { retry } = ask({ retryClass: 'once', failure, retries, policy, random })
      if (retry) expect(failure.kind).toBe('connect')
    }),
  )
})

describe('hidesOutcome', () => {
  it.each([
    ['network', true],
    ['timeout', true],
    ['invalid', true],
    ['connect', false],
    ['untrusted', false],
    ['final', false],
  ] as const)('%s: %s', (kind, hidden) => {
    expect(hidesOutcome({ kind })).toBe(hidden)
  })

  it('hides behind 408 and every 5xx, and behind no other status', () => {
    for (let status = 400; status < 600; status += 1)
      expect([status, hidesOutcome({ kind: 'status', status })]).toEqual([status, status === 408 || status >= 500])
  })
})

describe('waitAfterLimit', () => {
  const policy = { ...DEFAULT_RETRY, maxRetryAfter: 5_000 }
  const never = () => {
    throw new Error('drawn')
  }
  it('is as long as the retry waits, within maxRetryAfter', () => {
    const wait = (delay: number) =>
      waitAfterLimit({ decision: { retry: true, delay }, retries: 0, policy, retryAfter: 1, random: never })
    expect([wait(1_200), wait(5_300)]).toEqual([1_200, 5_000])
  })

  it('is as long without a retry, within maxRetryAfter', () => {
    const wait = (retryAfter: number | undefined) =>
      waitAfterLimit({
        decision: { retry: false, stopped: 'disabled' },
        retries: 1,
        policy,
        retryAfter,
        random: () => 0.5,
      })
    expect([wait(undefined), wait(2_000), wait(86_400_000)]).toEqual([500, 2_500, 5_000])
  })
})
