import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS, setUp, thingApi } from '../../test/stub-fetch.ts'
import { createVirtualClock } from '../../test/virtual-clock.ts'
import { listAssets } from '../onebalance/index.ts'
import type { Event, RetryOptions } from '../options.ts'
import { createRandom } from './random.ts'
import { type Scenario, type SimulatedOutcome, simulate } from './simulate.ts'

/** The same scenario with a real caller on a virtual clock. */
async function play(policy: RetryOptions | false, scenario: Scenario, seed: number): Promise<Event[]> {
  const { outcomes, endpoint, deadline, timeout } = scenario
  const { clock, call, events } = setUp(outcomes, { random: createRandom(seed), retry: policy, deadline, timeout })
  await clock.run(call(endpoint).catch(() => {}))
  return events
}

const reset = (remaining: number, at: number) => ({
  'x-ratelimit-limit': '60',
  'x-ratelimit-remaining': String(remaining),
  'x-ratelimit-reset': String(at),
})

const SCENARIOS: Record<string, Omit<Scenario, 'api'> & { policy?: RetryOptions | false; ends: string }> = {
  'a success': { endpoint: ENDPOINTS.safe, outcomes: [{ status: 200, latency: 40 }], ends: 'response 200' },
  'two failures and a success': {
    endpoint: ENDPOINTS.safe,
    outcomes: [{ status: 503, latency: 10 }, { network: 'response' }, { status: 200, latency: 5 }],
    ends: 'response 200',
  },
  'a total outage': { endpoint: ENDPOINTS.idempotent, outcomes: [{ network: 'connect' }], ends: 'error network' },
  'a cut body': { endpoint: ENDPOINTS.safe, outcomes: [{ network: 'body' }, { status: 200 }], ends: 'response 200' },
  'a rate limit with Retry-After': {
    endpoint: ENDPOINTS.safe,
    outcomes: [{ status: 429, headers: { 'retry-after': '2' } }, { status: 200 }],
    ends: 'response 200',
  },
  'a rate limit with a reset': {
    endpoint: ENDPOINTS.safe,
    outcomes: [{ status: 429, headers: reset(0, 30), latency: 3 }, { status: 503 }, { status: 200 }],
    ends: 'response 200',
  },
  'a failure that is the last request of the window': {
    endpoint: ENDPOINTS.safe,
    outcomes: [
      { status: 503, headers: reset(0, 30), latency: 3 },
      { status: 200, headers: reset(59, 60) },
    ],
    ends: 'response 200',
  },
  'a reset behind the deadline': {
    endpoint: ENDPOINTS.safe,
    outcomes: [{ status: 503, headers: reset(0, 30) }],
    deadline: 10_000,
    ends: 'error rate_limited',
  },
  'a Retry-After behind the deadline': {
    endpoint: ENDPOINTS.safe,
    outcomes: [{ status: 429, headers: { 'retry-after': '30' } }],
    deadline: 10_000,
    ends: 'error rate_limited',
  },
  'attempts that time out': {
    endpoint: ENDPOINTS.safe,
    outcomes: [{ status: 200, latency: 5_000 }],
    timeout: 1_000,
    deadline: 3_100,
    ends: 'error timeout',
  },
  'an execution that fails': { endpoint: ENDPOINTS.once, outcomes: [{ status: 502 }], ends: 'error outcome_unknown' },
  'an execution that never connects': {
    endpoint: ENDPOINTS.once,
    outcomes: [{ network: 'connect' }, { status: 200 }],
    ends: 'response 200',
  },
  'a rejected key': { endpoint: ENDPOINTS.safe, outcomes: [{ status: 401 }], ends: 'error unauthorized' },
  'a redirect': { endpoint: ENDPOINTS.safe, outcomes: [{ status: 302 }], ends: 'error unexpected_redirect' },
  'no retries': { endpoint: ENDPOINTS.safe, outcomes: [{ status: 503 }], policy: false, ends: 'error server_error' },
  'a spent budget': {
    endpoint: ENDPOINTS.safe,
    outcomes: [{ status: 503 }],
    policy: { maxRetries: 9, budget: { capacity: 1 } },
    ends: 'error server_error',
  },
}

describe('simulate', () => {
  it.each(Object.entries(SCENARIOS))(
    'gives the events of the real client: %s',
    async (_, { policy = {}, ends, ...rest }) => {
      const scenario = { ...rest, api: thingApi }
      for (const seed of [1, 2, 3]) {
        const events = simulate(policy, scenario, seed)
        expect(events).toEqual(await play(policy, scenario, seed))
        const last = events.at(-1)
        expect(`${last?.type} ${last?.type === 'error' ? last.reason : last?.status}`).toBe(ends)
      }
    },
  )

  it('gives the events of the real client for any scenario', async () => {
    const status = fc.oneof(
      fc.constantFrom(200, 401, 404, 429, 429, 429, 500, 501, 503, 503),
      // An answer without a body cannot fit a contract.
      fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 205),
    )
    const headers = fc.oneof(
      fc.constant({}),
      fc.integer({ min: 0, max: 90 }).map((seconds) => ({ 'retry-after': String(seconds) })),
      fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 100 })).map(([left, at]) => reset(left, at)),
    )
    const outcome: fc.Arbitrary<SimulatedOutcome> = fc.oneof(
      { weight: 4, arbitrary: fc.record({ status, headers, latency: fc.integer({ min: 0, max: 4_000 }) }) },
      { weight: 1, arbitrary: fc.record({ network: fc.constantFrom('connect', 'response', 'body', 'unknown') }) },
    )
    const policy = fc.oneof(
      fc.constant<RetryOptions | false>(false),
      fc.record({
        maxRetries: fc.integer({ min: 0, max: 8 }),
        baseDelay: fc.integer({ min: 0, max: 2_000 }),
        maxRetryAfter: fc.constantFrom(1_000, 60_000),
        budget: fc.record({ capacity: fc.integer({ min: 0, max: 8 }) }),
      }),
    )
    const scenario = fc.record({
      api: fc.constant(thingApi),
      endpoint: fc.constantFrom(...Object.values(ENDPOINTS)),
      outcomes: fc.array(outcome, { minLength: 1, maxLength: 6 }),
      timeout: fc.constantFrom(1_500, 30_000),
      deadline: fc.constantFrom(2_000, 40_000, 200_000),
    })
    await fc.assert(
      fc.asyncProperty(policy, scenario, fc.nat(), async (policy, scenario, seed) => {
        expect(simulate(policy, scenario, seed)).toEqual(await play(policy, scenario, seed))
      }),
      { numRuns: 500 },
    )
  })

  it('reads the headers of the OneBalance contract where no API is given, and repeats itself for a seed', () => {
    const scenario: Scenario = {
      endpoint: listAssets,
      outcomes: [{ status: 429, headers: reset(0, 20) }, { status: 200 }],
    }
    const events = simulate({}, scenario, 5)
    expect(events).toEqual(simulate({}, scenario, 5))
    expect(events).not.toEqual(simulate({}, scenario, 6))
    expect(events.map(({ type }) => type)).toEqual(['request', 'response', 'retry', 'wait', 'request', 'response'])
    expect(events[2]?.waitMs).toBeGreaterThanOrEqual(20_000)
    expect(events[2]?.waitMs).toBeLessThan(20_500)
  })

  it('refuses a scenario without outcomes and a policy that the client refuses', () => {
    expect(() => simulate({}, { endpoint: ENDPOINTS.safe, outcomes: [] }, 1)).toThrow('at least one')
    expect(() => simulate({ maxRetries: -1 }, { endpoint: ENDPOINTS.safe, outcomes: [{ status: 200 }] }, 1)).toThrow(
      'retry.maxRetries',
    )
  })
})

describe('createRandom', () => {
  it('gives the numbers of mulberry32', () => {
    const random = createRandom(1)
    expect([random(), random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522])
  })

  it('stays in [0, 1) with a mean of a half', () => {
    const random = createRandom(42)
    const numbers = Array.from({ length: 10_000 }, random)
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true)
    expect(numbers.reduce((sum, number) => sum + number) / numbers.length).toBeCloseTo(0.5, 1)
  })
})

it('the virtual clock fires timers in order, once, and not when cancelled', async () => {
  const clock = createVirtualClock(100)
  const fired: string[] = []
  clock.runtime.setTimer(20, () => fired.push(`b${clock.now()}`))
  clock.runtime.setTimer(10, () => {
    fired.push(`a${clock.now()}`)
    clock.runtime.setTimer(0, () => fired.push(`c${clock.now()}`))
  })
  clock.runtime.setTimer(15, () => fired.push('never'))()
  await clock.advance(19)
  expect([fired, clock.now(), clock.pending]).toEqual([['a110', 'c110'], 119, 1])
  await clock.advance()
  expect([fired, clock.pending]).toEqual([['a110', 'c110', 'b120'], 0])
})
