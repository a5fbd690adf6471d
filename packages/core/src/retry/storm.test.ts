import { describe, expect, it } from 'vitest'
import { getThing, KEY, setUp, thingApi } from '../../test/stub-fetch.ts'
import { env } from '../../test/transport.ts'
import { createVirtualClock, type VirtualClock } from '../../test/virtual-clock.ts'
import { type Caller, createCaller } from '../caller.ts'
import type { Fetch, RetryOptions } from '../options.ts'
import { createRandom } from './random.ts'

const pause = (clock: VirtualClock, ms: number) =>
  new Promise<void>((resolve) => void clock.runtime.setTimer(ms, resolve))

const connectionRefused = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) })

describe('a total outage', () => {
  it.each([50, 1_000, 10_000])('of %i calls costs no more than the calls and the budget', async (calls) => {
    const { clock, call, deliveries } = setUp([{ status: 503 }], { random: createRandom(calls) })
    const stops = new Map<unknown, number>()
    const note = (error: unknown): void => {
      const { stopped } = error as { stopped?: string }
      stops.set(stopped, (stops.get(stopped) ?? 0) + 1)
    }
    await clock.run(Promise.all(Array.from({ length: calls }, () => call(getThing).catch(note))))
    expect(deliveries.length).toBeLessThanOrEqual(calls + 50)
    expect(deliveries.length).toBeGreaterThan(calls)
    expect(stops.get('budget')).toBeGreaterThan(calls - 50)
    expect(clock.pending).toBe(0)
  })
})

describe('a part of the answers failing', () => {
  const run = async (share: number) => {
    const fails = createRandom(11)
    const { clock, call, deliveries, events } = setUp(() => ({ status: fails() < share ? 503 : 200 }), {
      random: createRandom(12),
    })
    for (let calls = 0; calls < 1_000; calls += 1) await clock.run(call(getThing).catch(() => {}))
    const failedFirst = events.filter(
      ({ type, status, attempt }) => type === 'response' && status === 503 && attempt === 1,
    )
    const retriedFirst = events.filter(({ type, attempt }) => type === 'retry' && attempt === 1)
    return { requests: deliveries.length, retried: retriedFirst.length / failedFirst.length }
  }

  it('of one half: 1 000 calls cost at most 1.12 requests each', async () => {
    expect((await run(0.5)).requests).toBeLessThanOrEqual(1_120)
  })

  it('of one in twenty: the budget lets at least 95 % of the failed calls be retried', async () => {
    expect((await run(0.05)).retried).toBeGreaterThanOrEqual(0.95)
  })
})

/** What the API does with a request in an outage that lasts `left` ms more. */
type Outage = (left: number, signal: AbortSignal) => Response | Promise<Response>

/** 200 clients, each with one call a second; the API is down for 60 s. */
async function runFleet(fail: Outage, retry: RetryOptions = {}) {
  const clock = createVirtualClock()
  const [start, recovery] = [5_000, 65_000]
  // After 250 s the last line is at its end.
  const end = recovery + (env('OB_LONG') === '1' ? 250_000 : 30_000)
  const latency = createRandom(99)
  const sent: { readonly at: number; readonly client: number }[] = []
  const connect =
    (client: number): Fetch =>
    async (_, init) => {
      const at = clock.now()
      sent.push({ at, client })
      await pause(clock, 20 + 60 * latency())
      const isDown = at >= start && at < recovery
      return isDown ? fail(recovery - at, init.signal as AbortSignal) : new Response('{}')
    }
  const clients = Array.from({ length: 200 }, (_, client) =>
    createCaller({
      api: thingApi,
      apiKey: KEY,
      fetch: connect(client),
      retry,
      runtime: { ...clock.runtime, random: createRandom(client) },
    }),
  )
  const beat = (call: Caller): void => {
    if (clock.now() >= end) return
    call(getThing).catch(() => {})
    clock.runtime.setTimer(1_000, () => beat(call))
  }
  clients.forEach((call, client) => void clock.runtime.setTimer(client * 5, () => beat(call)))
  await clock.advance()
  /** The most requests in one second. */
  const peak = (from: number, to: number): number => {
    const seconds = new Map<number, number>()
    for (const { at } of sent)
      if (at >= from && at < to) seconds.set(Math.floor(at / 1_000), (seconds.get(Math.floor(at / 1_000)) ?? 0) + 1)
    return Math.max(...seconds.values())
  }
  // Regular calls of client n are at n * 5 ms past a second; what is sent at any other moment has waited.
  const waited = sent.filter(({ at, client }) => at >= start && Math.abs((at % 1_000) - client * 5) > 1e-6)
  return { waited, steady: peak(1_000, start), recovered: peak(recovery, end), pending: clock.pending }
}

/** Pairs of clients of which most requests fall into the same 5 ms as the other's. */
function pairsInStep(requests: readonly { readonly at: number; readonly client: number }[]): number {
  const moments = new Map<number, Set<number>>()
  for (const { at, client } of requests) moments.set(client, (moments.get(client) ?? new Set()).add(Math.floor(at / 5)))
  expect(moments.size).toBe(200)
  const all = [...moments.values()]
  return all.flatMap((one, index) =>
    all.slice(index + 1).filter((other) => [...one].filter((moment) => other.has(moment)).length > one.size / 2),
  ).length
}

const refuse =
  (status: number, headers: (left: number) => Record<string, string> = () => ({})): Outage =>
  (left) =>
    new Response('', { status, headers: headers(left) })

const OUTAGES = {
  'answers of 503': refuse(503),
  'connections refused': () => {
    throw connectionRefused()
  },
  'answers of 503 with Retry-After: 5': refuse(503, () => ({ 'retry-after': '5' })),
  'answers of 503 with Retry-After: 60': refuse(503, () => ({ 'retry-after': '60' })),
  'answers of 503 that tell all the same moment': refuse(503, (left) => ({
    'retry-after': String(Math.ceil(left / 1_000)),
  })),
  'answers of 429': refuse(429),
  'answers of 429 with Retry-After: 60': refuse(429, () => ({ 'retry-after': '60' })),
  'answers of 429 that tell all the same moment': refuse(429, (left) => ({
    'retry-after': String(Math.ceil(left / 1_000)),
  })),
  'no answer at all': (_, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
} satisfies Record<string, Outage>

describe('a fleet of 200 clients after an outage of 60 s', () => {
  it.each([
    // Where nothing is known of the end, the budget is spent before it.
    ['answers of 503', 1.05, 0],
    ['connections refused', 1.05, 0],
    ['answers of 503 with Retry-After: 5', 1.05, 0],
    // Each call comes back by itself; the budget lets 50 of a client do so.
    ['answers of 503 with Retry-After: 60', 1.8, 0],
    ['answers of 503 that tell all the same moment', 3.6, 0],
    // The gate holds the calls back and lets them go as they came. Of 19 900 pairs, one has the same pace by chance.
    ['answers of 429', 1.5, 1],
    ['answers of 429 with Retry-After: 60', 1.5, 1],
    ['answers of 429 that tell all the same moment', 1.5, 1],
    // Known only after the timeout of 30 s, when the API is long back.
    ['no answer at all', 3.2, 0],
  ] as const)(
    'comes back from %s at most at %d times its steady rate, no two clients in step',
    {
      timeout: 120_000,
    },
    async (name, bound, byChance) => {
      const { waited, steady, recovered, pending } = await runFleet(OUTAGES[name])
      expect(steady).toBe(200)
      expect(recovered).toBeLessThan(bound * steady)
      expect(pairsInStep(waited)).toBeLessThanOrEqual(byChance)
      expect(pending).toBe(0)
    },
  )

  it.each([
    'answers of 503 with Retry-After: 60',
    'answers of 503 that tell all the same moment',
    'no answer at all',
  ] as const)(
    'comes back from %s at most at 1.8 times its rate, with a budget of 5',
    {
      timeout: 120_000,
    },
    async (name) => {
      const { steady, recovered } = await runFleet(OUTAGES[name], { budget: { capacity: 5 } })
      expect(recovered).toBeLessThan(1.8 * steady)
    },
  )
})

/** An API with a sliding window of a minute, at the end of a way on which requests and answers overtake each other. */
function limitedApi(
  clock: VirtualClock,
  options: { readonly round: (seconds: number) => number; readonly served?: number[] },
) {
  const { round, served = [] } = options
  const delay = createRandom(5)
  const log: { readonly at: number; readonly status: number }[] = []
  const fetch: Fetch = async () => {
    await pause(clock, 40 * delay())
    const now = clock.now()
    while (served[0] !== undefined && served[0] <= now - 60_000) served.shift()
    const status = served.length < 60 ? 200 : 429
    if (status === 200) served.push(now)
    log.push({ at: now, status })
    const headers = {
      'x-ratelimit-limit': '60',
      'x-ratelimit-remaining': String(60 - served.length),
      'x-ratelimit-reset': String(round(((served[0] ?? now) + 60_000) / 1_000)),
    }
    await pause(clock, 40 * delay())
    return new Response('{}', { status, headers })
  }
  return { fetch, log }
}

/** So many callers, each with the next call as soon as the last is answered, for 5 minutes. */
async function runCallers(
  callers: number,
  options: Parameters<typeof limitedApi>[1],
  clock = createVirtualClock(1_790_000_000_123),
) {
  const { fetch, log } = limitedApi(clock, options)
  const admitted: number[] = []
  const failures: unknown[] = []
  let calls = 0
  const call = createCaller({
    api: thingApi,
    apiKey: KEY,
    // The number of the call is a header, so that the order in which the gate lets them through can be seen.
    fetch: (url, init) => {
      admitted.push(Number(new Headers(init.headers).get('x-number')))
      return fetch(url, init)
    },
    runtime: { ...clock.runtime, random: createRandom(3) },
  })
  const end = clock.now() + 300_000
  const work = async (): Promise<void> => {
    while (clock.now() < end)
      await call(getThing, undefined, { headers: { 'x-number': String(calls++) } }).catch((error: unknown) => {
        failures.push(error)
      })
  }
  await clock.run(Promise.all(Array.from({ length: callers }, work)))
  const inTime = log.filter(({ at }) => at < end)
  const good = inTime.filter(({ status }) => status === 200).length
  return { requests: inTime.length, limited: inTime.length - good, good, admitted, failures, pending: clock.pending }
}

describe('a limit of 60 a minute and 50 parallel callers for 5 minutes', () => {
  it.each([
    ['rounded up', Math.ceil],
    ['rounded down', Math.floor],
    ['rounded', Math.round],
  ])('is used up and hardly ever hit, in order, with a reset %s to the second', async (_, round) => {
    const { requests, limited, good, admitted, failures, pending } = await runCallers(50, { round })
    expect(limited / requests).toBeLessThan(0.02)
    expect(good).toBeGreaterThan(0.95 * 300)
    expect(failures).toEqual([])
    expect(pending).toBe(0)
    // Only a call that was refused may come after a later one.
    const late = admitted.filter((number, index) => number < Math.max(0, ...admitted.slice(0, index)))
    expect(late.length).toBeLessThanOrEqual(limited)
  })

  it.each([
    ['up', Math.ceil],
    ['down', Math.floor],
  ])('finds its way where others have used the window up, evenly, and the reset is rounded %s', async (_, round) => {
    const clock = createVirtualClock(1_790_000_000_123)
    const served = Array.from({ length: 60 }, (_, index) => clock.now() - 60_000 + (index + 1) * 997)
    const { limited, good, failures } = await runCallers(50, { round, served }, clock)
    // The first 50 cannot know; of the 300 after them, one teaches how the reset is meant.
    expect(limited).toBeLessThanOrEqual(50 + 2)
    expect(good).toBeGreaterThan(0.95 * 300)
    expect(failures).toEqual([])
  })
})
