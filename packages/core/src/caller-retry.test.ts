import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS, getThing, KEY, moveThing, type StubOutcome, setUp } from '../test/stub-fetch.ts'
import { createVirtualClock } from '../test/virtual-clock.ts'
import type { OneBalanceError } from './errors/base.ts'
import {
  AbortError,
  NetworkError,
  OutcomeUnknownError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from './errors/classes.ts'

const caught = (promise: PromiseLike<unknown>): Promise<OneBalanceError & { retryAfter?: number }> =>
  Promise.resolve(promise).then(
    () => {
      throw new Error('the call did not fail')
    },
    (error) => error,
  )

const OTHER_KEY = 'other-key-0123456789abcdef'

/** Status by status: how often a call that reads is sent, and whether one that moves value hides its outcome. */
const RETRIED = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])
const STATUSES = Array.from({ length: 200 }, (_, index) => 400 + index)

describe('every status from 400 to 599', () => {
  it.each(['safe', 'idempotent'] as const)(
    'is sent once or four times for an endpoint that is %s',
    async (retryClass) => {
      for (const status of STATUSES) {
        const { clock, call, deliveries } = setUp([{ status }])
        const error = await clock.run(caught(call(ENDPOINTS[retryClass])))
        expect([status, deliveries.length, error.attempts.length]).toEqual([
          status,
          ...(RETRIED.has(status) ? [4, 4] : [1, 1]),
        ])
        expect([status, error.status, error.stopped]).toEqual([
          status,
          status,
          RETRIED.has(status) ? 'max_retries' : 'not_retryable',
        ])
        expect([status, error.outcome]).toEqual([status, status >= 500 ? 'unknown' : 'rejected'])
        expect(clock.pending).toBe(0)
      }
    },
  )

  it('is sent once for an endpoint that is once, and 408 and 5xx hide what became of it', async () => {
    for (const status of STATUSES) {
      const { clock, call, deliveries } = setUp([{ status }])
      const error = await clock.run(caught(call(moveThing)))
      const isHidden = status === 408 || status >= 500
      expect([status, deliveries.length, error.outcome, error instanceof OutcomeUnknownError]).toEqual([
        status,
        1,
        isHidden ? 'unknown' : 'rejected',
        isHidden,
      ])
      if (isHidden) expect(error.cause).toMatchObject({ status })
      expect(error.stopped).toBe('not_retryable')
      expect(clock.pending).toBe(0)
    }
  })
})

/** What else can become of an attempt: deliveries in all, and code and outcome, for each class. */
const OUTCOMES: readonly [string, StubOutcome, safe: Result, once: Result][] = [
  ['a refused connection', { code: 'ECONNREFUSED' }, [4, 'network', 'not_sent'], [4, 'network', 'not_sent']],
  ['an unknown host', { code: 'ENOTFOUND' }, [4, 'network', 'not_sent'], [4, 'network', 'not_sent']],
  ['a connect timeout', { code: 'UND_ERR_CONNECT_TIMEOUT' }, [4, 'network', 'not_sent'], [4, 'network', 'not_sent']],
  [
    'a certificate not trusted',
    { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    [1, 'network', 'not_sent'],
    [1, 'network', 'not_sent'],
  ],
  ['a reset', { code: 'ECONNRESET' }, [4, 'network', 'unknown'], [1, 'outcome_unknown', 'unknown']],
  ['a closed socket', { code: 'UND_ERR_SOCKET' }, [4, 'network', 'unknown'], [1, 'outcome_unknown', 'unknown']],
  ['silence', 'silence', [4, 'timeout', 'unknown'], [1, 'outcome_unknown', 'unknown']],
  ['a cut body', { network: 'body' }, [4, 'network', 'accepted'], [1, 'outcome_unknown', 'unknown']],
  [
    'an answer that is not JSON',
    { status: 200, body: '<p>' },
    [1, 'invalid_response', 'accepted'],
    [1, 'outcome_unknown', 'unknown'],
  ],
  [
    'an answer off contract',
    { status: 200, body: 'null' },
    [1, 'invalid_response', 'accepted'],
    [1, 'outcome_unknown', 'unknown'],
  ],
  [
    'an empty answer',
    { status: 200, body: '' },
    [1, 'invalid_response', 'accepted'],
    [1, 'outcome_unknown', 'unknown'],
  ],
  ['a redirect', { status: 307 }, [1, 'unexpected_redirect', 'rejected'], [1, 'unexpected_redirect', 'rejected']],
]
type Result = readonly [deliveries: number, code: string, outcome: string]

describe.each(OUTCOMES)('%s', (_, outcome, safe, once) => {
  it.each([
    ['safe', safe],
    ['idempotent', safe],
    ['once', once],
  ] as const)('for an endpoint that is %s', async (retryClass, [count, code, became]) => {
    const { clock, call, deliveries } = setUp([outcome], { timeout: 5_000 })
    const error = await clock.run(caught(call(ENDPOINTS[retryClass])))
    expect([deliveries.length, error.code, error.outcome]).toEqual([count, code, became])
    expect(error.stopped).toBe(count === 4 ? 'max_retries' : 'not_retryable')
    expect(clock.pending).toBe(0)
  })
})

describe('an endpoint that is once', () => {
  it('is delivered once in all when the connection comes about at last', async () => {
    const { clock, call, events } = setUp([{ code: 'ECONNREFUSED' }, { code: 'ENOTFOUND' }, { status: 200 }])
    await expect(clock.run(call(moveThing))).resolves.toEqual({})
    expect(events.filter(({ type }) => type === 'response')).toHaveLength(1)
  })

  it('is not sent again after a later attempt may have arrived', async () => {
    const { clock, call, deliveries } = setUp([{ code: 'ECONNREFUSED' }, { code: 'ECONNRESET' }, { status: 200 }])
    await expect(clock.run(call(moveThing))).rejects.toBeInstanceOf(OutcomeUnknownError)
    expect(deliveries).toHaveLength(2)
  })

  it('gives the wait of a 429, and its outcome is that the API refused it', async () => {
    const { clock, call, deliveries } = setUp([{ status: 429, headers: { 'retry-after': '7' } }])
    const error = await clock.run(caught(call(moveThing)))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({ retryAfter: 7_000, outcome: 'rejected', stopped: 'not_retryable' })
    expect([deliveries.length, clock.now()]).toEqual([1, 0])
  })

  it('shuts the gate with its 429, so that the next one is not sent before its time', async () => {
    const { clock, call, deliveries } = setUp([{ status: 429, headers: { 'retry-after': '7' } }, { status: 200 }])
    await clock.run(caught(call(moveThing)))
    await clock.run(call(moveThing))
    expect(deliveries[1]?.at).toBe(7_250)
  })
})

describe('an endpoint that is safe', () => {
  it('succeeds after failures, and says what it took', async () => {
    const { clock, call, deliveries } = setUp([
      { status: 503, latency: 20 },
      { code: 'ECONNRESET' },
      { status: 200, latency: 30 },
    ])
    const { data, response } = await clock.run(call(getThing).withResponse())
    expect(data).toEqual({})
    expect(response).toMatchObject({
      status: 200,
      durationMs: 20 + 250 + 500 + 30,
      attempts: [
        { startedAt: 0, durationMs: 20, status: 503, error: 'server_error', waitMs: 250 },
        { startedAt: 270, durationMs: 0, error: 'network', waitMs: 500 },
        { startedAt: 770, durationMs: 30, status: 200 },
      ],
    })
    expect(deliveries.map(({ at }) => at)).toEqual([0, 270, 770])
  })

  it('sends each attempt with a signal of its own and without Idempotency-Key', async () => {
    const { clock, call, deliveries, events } = setUp([{ status: 503 }])
    await clock.run(caught(call(getThing)))
    expect(new Set(deliveries.map(({ init }) => init.signal)).size).toBe(4)
    for (const { init } of deliveries) {
      const names = [...new Headers(init.headers).keys()]
      expect(names.filter((name) => name.includes('idempotency'))).toEqual([])
    }
    expect(events.filter(({ type }) => type === 'request').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
  })
})

describe('Retry-After', () => {
  const limited = (value: string, more: Record<string, string> = {}): StubOutcome => ({
    status: 503,
    headers: { 'retry-after': value, ...more },
  })

  it.each([
    ['seconds', limited('2'), 2_000],
    ['seconds of a 429', { status: 429, headers: { 'retry-after': '2' } }, 2_000],
    [
      'a date, by the clock of the API',
      limited('Sun, 06 Nov 1994 08:49:40 GMT', { date: 'Sun, 06 Nov 1994 08:49:37 GMT' }),
      3_000,
    ],
    ['a date that has passed', limited('Sun, 06 Nov 1994 08:49:36 GMT', { date: 'Sun, 06 Nov 1994 08:49:37 GMT' }), 0],
    ['garbage', limited('-1'), 0],
  ] as const)('is the least that is waited: %s', async (_, outcome, least) => {
    for (const random of [0, 0.5, 0.999]) {
      // The local clock is an hour ahead of the API's.
      const clock = createVirtualClock(Date.UTC(1994, 10, 6, 9, 49, 37))
      const { call, deliveries } = setUp([outcome, { status: 200 }], { clock, random: () => random })
      await clock.run(call(getThing))
      expect((deliveries[1]?.at ?? 0) - (deliveries[0]?.at ?? 0)).toBe(least + random * 500)
    }
  })

  it.each([
    ['than maxRetryAfter', '86400', 86_400_000, {}],
    ['than the deadline', '30', 30_000, { deadline: 20_000 }],
  ])('that is longer %s ends the call at once, with it', async (_, value, retryAfter, options) => {
    for (const status of [429, 503]) {
      const { clock, call, deliveries } = setUp([{ status, headers: { 'retry-after': value } }])
      const error = await clock.run(caught(call(getThing, undefined, options)))
      expect(error).toMatchObject({ status, retryAfter, stopped: 'retry_after' })
      expect([deliveries.length, clock.now(), clock.pending]).toEqual([1, 0, 0])
    }
  })

  it('wins over the reset of the window, which counts without it', async () => {
    const reset = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9' }
    for (const [headers, at] of [
      [{ ...reset, 'retry-after': '2' }, 2_250],
      [reset, 9_250],
      [{ ...reset, 'x-ratelimit-reset': 'soon' }, 250],
      [{ ...reset, 'x-ratelimit-reset': '0' }, 250],
    ] as const) {
      const { clock, call, deliveries } = setUp([{ status: 429, headers }, { status: 200 }])
      await clock.run(call(getThing))
      expect(deliveries[1]?.at).toBe(at)
    }
  })

  it('is kept to also by a call that may wait longer than its client', async () => {
    const { clock, call, deliveries } = setUp([{ status: 429, headers: { 'retry-after': '90' } }, { status: 200 }])
    await clock.run(call(getThing, undefined, { retry: { maxRetryAfter: 100_000 } }))
    expect(deliveries[1]?.at).toBe(90_250)
  })

  it('is not waited for twice: gate and call wait for the same moment', async () => {
    const { clock, call, deliveries, events } = setUp([
      { status: 429, headers: { 'retry-after': '2' } },
      { status: 200 },
    ])
    await clock.run(call(getThing))
    expect(deliveries.map(({ at }) => at)).toEqual([0, 2_250])
    expect(events.map(({ type, waitMs }) => [type, waitMs])).toEqual([
      ['request', undefined],
      ['response', undefined],
      ['retry', 2_250],
      ['wait', 2_250],
      ['request', undefined],
      ['response', undefined],
    ])
  })
})

describe('the reason to stop', () => {
  it.each([
    ['disabled', { retry: false }, 1],
    ['max_retries', { retry: { maxRetries: 1 } }, 2],
    ['deadline', { deadline: 600 }, 2],
  ] as const)('%s', async (stopped, options, count) => {
    const { clock, call, deliveries } = setUp([{ status: 503 }])
    const error = await clock.run(caught(call(getThing, undefined, options)))
    expect(error).toBeInstanceOf(ServerError)
    expect([error.stopped, error.attempts.length, deliveries.length]).toEqual([stopped, count, count])
    expect(error.attempts.at(-1)).not.toHaveProperty('waitMs')
  })

  it('budget, which all calls of a client share', async () => {
    const { clock, call, deliveries } = setUp([{ status: 503 }], { retry: { budget: { capacity: 2 } } })
    expect((await clock.run(caught(call(getThing)))).stopped).toBe('budget')
    expect((await clock.run(caught(call(getThing)))).stopped).toBe('budget')
    expect(deliveries).toHaveLength(4)
  })

  it('aborted', async () => {
    const { call, deliveries, clock } = setUp([{ status: 200 }])
    const error = await clock.run(caught(call(getThing, undefined, { signal: AbortSignal.abort('enough') })))
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ stopped: 'aborted', outcome: 'not_sent', cause: 'enough' })
    expect(deliveries).toHaveLength(0)
  })
})

describe('the deadline', () => {
  it('ends a silent attempt, and says that it was the deadline', async () => {
    const { clock, call } = setUp(['silence'], { timeout: 4_000, deadline: 10_000 })
    const error = await clock.run(caught(call(getThing)))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ scope: 'deadline', stopped: 'deadline' })
    expect(error.attempts.map(({ durationMs }) => durationMs)).toEqual([4_000, 4_000, 1_250])
    expect([clock.now(), clock.pending]).toEqual([10_000, 0])
  })

  it('that leaves no time for a retry ends the call with the last real error, at once', async () => {
    const { clock, call } = setUp([{ status: 503, latency: 900 }], { deadline: 1_000 })
    const error = await clock.run(caught(call(getThing)))
    expect(error).toMatchObject({ code: 'server_error', stopped: 'deadline' })
    expect(clock.now()).toBe(900)
  })

  it('holds whatever happens', async () => {
    const outcome: fc.Arbitrary<StubOutcome> = fc.oneof(
      fc.constant<StubOutcome>('silence'),
      fc.constantFrom<StubOutcome>({ code: 'ECONNREFUSED' }, { code: 'ECONNRESET' }, { network: 'body' }),
      fc.record({
        status: fc.constantFrom(200, 401, 404, 408, 429, 500, 503),
        latency: fc.nat(8_000),
        headers: fc.oneof(
          fc.constant({}),
          fc.nat(20).map((seconds) => ({ 'retry-after': String(seconds) })),
          fc.nat(20).map((seconds) => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(seconds) })),
        ),
      }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(...Object.values(ENDPOINTS)),
        fc.integer({ min: 1, max: 20_000 }),
        fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
        async (outcomes, endpoint, deadline, maxConcurrent) => {
          const { clock, call } = setUp(outcomes, { deadline, timeout: 5_000, maxConcurrent })
          const ends: number[] = []
          const end = (): void => void ends.push(clock.now())
          await clock.run(Promise.all([1, 2, 3].map(() => call(endpoint).then(end, end))))
          expect(Math.max(...ends)).toBeLessThanOrEqual(deadline)
          expect(clock.pending).toBe(0)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('an abort', () => {
  /** Where a call can be when it is aborted after 100 ms. */
  it.each<[string, StubOutcome, code: string]>([
    ['in backoff', { status: 503 }, 'unknown'],
    ['in the gate', { status: 429, headers: { 'retry-after': '5' } }, 'unknown'],
    ['in an attempt', 'silence', 'unknown'],
  ])('%s ends the call at once with its reason, and leaves nothing', async (_, outcome, became) => {
    const { clock, call, deliveries } = setUp([outcome])
    const controller = new AbortController()
    const reason = new Error('enough')
    const promise = caught(call(getThing, undefined, { signal: controller.signal }))
    await clock.advance(100)
    controller.abort(reason)
    await clock.settle()
    expect([clock.now(), clock.pending]).toEqual([100, 0])
    const error = await promise
    expect(error).toBeInstanceOf(AbortError)
    expect(error.cause).toBe(reason)
    expect([error.stopped, error.outcome]).toEqual(['aborted', became])
    expect(error.attempts).toHaveLength(1)
    await clock.advance()
    expect(deliveries).toHaveLength(1)
  })

  it('in the line for a free connection says that nothing was sent', async () => {
    const { clock, call, deliveries } = setUp(['silence'], { maxConcurrent: 1 })
    const controller = new AbortController()
    call(getThing).catch(() => {})
    const promise = caught(call(moveThing, undefined, { signal: controller.signal }))
    await clock.settle()
    controller.abort()
    expect(await clock.run(promise)).toMatchObject({ code: 'aborted', outcome: 'not_sent', attempts: [] })
    expect(deliveries).toHaveLength(1)
  })
})

describe('a key that is rejected', () => {
  const withKeys = (keys: readonly string[], maxRetries = 3) => {
    const questions: boolean[] = []
    const accepted = OTHER_KEY
    const setup = setUp(
      ({ init }) => ({ status: new Headers(init.headers).get('x-api-key') === accepted ? 200 : 401, latency: 5 }),
      {
        apiKey: ({ rejected }) => {
          questions.push(rejected)
          return keys[Math.min(questions.filter(Boolean).length, keys.length - 1)] as string
        },
        retry: { maxRetries },
      },
    )
    return { ...setup, questions }
  }

  it.each(['safe', 'idempotent', 'once'] as const)(
    'is replaced once by another, for an endpoint that is %s',
    async (retryClass) => {
      const { clock, call, deliveries, questions } = withKeys([KEY, OTHER_KEY], 0)
      await clock.run(call(ENDPOINTS[retryClass]))
      expect([deliveries.length, questions]).toEqual([2, [false, true, false]])
    },
  )

  it('is not tried again where the source has no other', async () => {
    const { clock, call, deliveries } = withKeys([KEY])
    const error = await clock.run(caught(call(getThing)))
    expect(error).toMatchObject({ code: 'unauthorized', stopped: 'not_retryable', outcome: 'rejected' })
    expect(deliveries).toHaveLength(1)
  })

  it('is replaced once, also where the other is rejected too', async () => {
    const { clock, call, deliveries } = withKeys([KEY, 'third-key-0123456789abcdef'])
    expect(await clock.run(caught(call(getThing)))).toMatchObject({ code: 'unauthorized', stopped: 'not_retryable' })
    expect(deliveries).toHaveLength(2)
  })

  it('is asked for once by a hundred calls that were rejected together', async () => {
    const { clock, call, deliveries, questions } = withKeys([KEY, OTHER_KEY])
    await clock.run(Promise.all(Array.from({ length: 100 }, () => call(getThing))))
    expect(questions.filter(Boolean)).toHaveLength(1)
    expect(deliveries).toHaveLength(200)
  })
})

it('the gate is one for all calls of a client: nothing is sent while it is shut, then everything in order', async () => {
  const { clock, call, deliveries } = setUp((_, index) =>
    index === 0 ? { status: 429, headers: { 'retry-after': '3' } } : { status: 200, latency: 10 },
  )
  const done: number[] = []
  const calls = [0, 1, 2, 3].map((number) => {
    const promise = call(getThing, undefined, { headers: { 'x-number': String(number) } })
    return promise.then(() => done.push(number))
  })
  // The first answer shuts the gate when the others are already under way.
  await clock.advance(100)
  const late = [4, 5].map((number) => call(getThing, undefined, { headers: { 'x-number': String(number) } }))
  await clock.run(Promise.all([...calls, ...late]))
  const sent = deliveries.map(({ at, init }) => [at, Number(new Headers(init.headers).get('x-number'))])
  expect(sent.slice(4)).toEqual([
    [3_250, 0],
    [3_260, 4],
    [3_260, 5],
  ])
  expect(done).toEqual([1, 2, 3, 0])
})

it('a call that the gate cannot let through in time fails before it is sent', async () => {
  const { clock, call, deliveries } = setUp([{ status: 429, headers: { 'retry-after': '30' } }])
  await clock.run(caught(call(getThing, undefined, { retry: false })))
  const error = await clock.run(caught(call(moveThing, undefined, { deadline: 5_000 })))
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({ outcome: 'not_sent', attempts: [], path: '/move', retryable: true })
  expect(error.retryAfter).toBeGreaterThanOrEqual(30_000)
  expect([deliveries.length, clock.now()]).toEqual([1, 0])
})

it('a refused connection is a NetworkError of the phase connect, which a call may repeat', async () => {
  const { clock, call } = setUp([{ code: 'ECONNREFUSED' }])
  const error = await clock.run(caught(call(moveThing)))
  expect(error).toBeInstanceOf(NetworkError)
  expect(error).toMatchObject({ phase: 'connect', retryable: true, outcome: 'not_sent' })
})
