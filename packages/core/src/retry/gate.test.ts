import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../test/virtual-clock.ts'
import { RateLimitError, TimeoutError } from '../errors/classes.ts'
import { resolveRuntime } from '../runtime.ts'
import { createGate } from './gate.ts'
import type { RateAnswer } from './rate-window.ts'

const NO_HEADERS: RateAnswer = { rate: {} }
const left = (remaining: number, resetAfter?: number): RateAnswer => ({ rate: { remaining, resetAfter } })
const refused = (shutFor: number): RateAnswer => ({ rate: {}, shutFor })

/** A gate on a virtual clock, and what happens at it. Calls are numbered, and are in flight until `end`. */
function setUp(options: { maxConcurrent?: number; maxRetryAfter?: number; jitter?: number } = {}) {
  const clock = createVirtualClock()
  const gate = createGate({
    runtime: resolveRuntime({ ...clock.runtime, random: () => 0 }),
    maxConcurrent: Number.POSITIVE_INFINITY,
    maxRetryAfter: 60_000,
    jitter: 500,
    ...options,
  })
  const admitted: number[] = []
  const refusals = new Map<number, unknown>()
  const waits: [order: number, waitMs: number | undefined, reason: string][] = []
  const tickets = new Map<number, number>()
  const start = (
    order: number,
    { deadlineAt = 1e9, signal }: { deadlineAt?: number; signal?: AbortSignal } = {},
  ): void => {
    const onWait = (waitMs: number | undefined, reason: string): void => void waits.push([order, waitMs, reason])
    Promise.resolve(gate.enter({ order, deadlineAt, signal, onWait })).then(
      (ticket) => {
        admitted.push(order)
        tickets.set(order, ticket)
      },
      (error: unknown) => void refusals.set(order, error),
    )
  }
  const end = (order: number, answer?: RateAnswer): void => gate.leave(tickets.get(order) as number, answer)
  /** Shuts the gate for so long, by a call with the number 0. */
  const shut = async (ms: number): Promise<void> => {
    start(0)
    await clock.settle()
    admitted.length = 0
    end(0, refused(ms))
  }
  return { clock, gate, admitted, refusals, waits, start, end, shut }
}

describe('the gate', () => {
  it('is open, and asks nobody to wait, until the API says otherwise', async () => {
    const { admitted, waits, start, clock, gate } = setUp()
    expect(gate.enter({ order: 0, deadlineAt: 1 })).toBe(1)
    for (let order = 1; order <= 100; order += 1) start(order)
    await clock.settle()
    expect(admitted).toHaveLength(100)
    expect([waits, clock.pending]).toEqual([[], 0])
  })

  it('admits while remaining minus in flight is above 0', async () => {
    const { clock, admitted, waits, start, end } = setUp()
    for (const order of [1, 2]) start(order)
    await clock.settle()
    end(1, left(3, 9_000))
    for (const order of [3, 4, 5, 6]) start(order)
    await clock.settle()
    expect(admitted).toEqual([1, 2, 3, 4])
    expect(waits).toEqual([
      [5, undefined, 'rate_limit'],
      [6, undefined, 'rate_limit'],
    ])
    // The answer to 2 is from the same time as that to 1 and leaves one less: 3 and 4 use that up, and 5 waits for them.
    end(2, left(2, 9_000))
    await clock.settle()
    expect(admitted).toEqual([1, 2, 3, 4])
    end(3, left(1, 9_000))
    await clock.settle()
    expect(admitted).toEqual([1, 2, 3, 4])
    end(4, left(5, 9_000))
    await clock.settle()
    expect(admitted).toEqual([1, 2, 3, 4, 5])
  })

  it('is not fooled by answers that overtake each other', async () => {
    const { clock, admitted, start, end } = setUp()
    for (let order = 1; order <= 10; order += 1) start(order)
    await clock.settle()
    // The API counted 1 to 10 down from 20; the last answer to arrive is the first that it gave.
    end(10, left(10, 60_000))
    for (let order = 9; order >= 1; order -= 1) end(order, left(20 - order, 60_000))
    for (let order = 11; order <= 30; order += 1) start(order)
    await clock.settle()
    expect(admitted.at(-1)).toBe(20)
  })

  it('shuts at remaining 0 until the reset and its jitter, then lets one go first and as many follow as its answer says', async () => {
    const { clock, admitted, waits, start, end } = setUp()
    start(0)
    await clock.settle()
    end(0, left(0, 5_000))
    for (const order of [1, 2, 3, 4]) start(order)
    expect(waits[0]).toEqual([1, 5_000, 'rate_limit'])
    await clock.advance(4_999)
    expect(admitted).toEqual([0])
    await clock.advance(1)
    expect(admitted).toEqual([0, 1])
    await clock.advance(60_000)
    expect(admitted).toEqual([0, 1])
    end(1, left(2, 1_000))
    await clock.settle()
    expect(admitted).toEqual([0, 1, 2, 3])
  })

  it('adds up to a jitter of baseDelay to a reset', async () => {
    const clock = createVirtualClock()
    const gate = createGate({
      runtime: resolveRuntime({ ...clock.runtime, random: () => 0.9 }),
      maxConcurrent: 9,
      maxRetryAfter: 60_000,
      jitter: 500,
    })
    gate.leave(gate.enter({ order: 0, deadlineAt: 1e9 }) as number, left(0, 5_000))
    await clock.run(gate.enter({ order: 1, deadlineAt: 1e9 }) as Promise<number>)
    expect(clock.now()).toBe(5_450)
  })

  it('shuts after a 429, and the later of two moments holds', async () => {
    const { clock, admitted, start, end } = setUp()
    for (const order of [1, 2, 3]) start(order)
    await clock.settle()
    end(1, refused(4_000))
    end(2, refused(2_000))
    // An answer from before, with room, opens nothing.
    end(3, left(50, 9_000))
    start(4)
    await clock.advance(3_999)
    expect(admitted).toEqual([1, 2, 3])
    await clock.advance(1)
    expect(admitted).toEqual([1, 2, 3, 4])
  })

  it('lets calls go in their order, a retry at the place of its call', async () => {
    const { clock, admitted, start, end, shut } = setUp()
    await shut(1_000)
    for (const order of [5, 9, 7, 8, 6]) start(order)
    await clock.advance(1_000)
    expect(admitted).toEqual([5])
    end(5, NO_HEADERS)
    await clock.settle()
    expect(admitted).toEqual([5, 6, 7, 8, 9])
  })

  describe('opened by an answer that leaves nothing known', () => {
    it('lets the line go as its calls came, a little faster, and the calls after it at once', async () => {
      const { clock, admitted, waits, start, end, shut } = setUp()
      await shut(10_000)
      start(1)
      await clock.advance(1_000)
      start(2)
      await clock.advance(5_000)
      for (const order of [3, 4]) start(order)
      await clock.advance(4_000)
      expect(admitted).toEqual([1])
      end(1, NO_HEADERS)
      // 2 came 1 s after 1, so it goes 1 s / 1.25 after it.
      await clock.advance(799)
      expect(admitted).toEqual([1])
      await clock.advance(1)
      expect(admitted).toEqual([1, 2])
      start(5)
      expect(waits.at(-1)).toEqual([5, 10_800 / 1.25 - 800, 'rate_limit'])
      await clock.advance(3_999)
      expect(admitted).toEqual([1, 2])
      await clock.advance(1)
      expect(admitted).toEqual([1, 2, 3, 4])
      await clock.advance(3_840)
      expect(admitted).toEqual([1, 2, 3, 4, 5])
      start(6)
      await clock.settle()
      expect(admitted.at(-1)).toBe(6)
      expect(clock.pending).toBe(0)
    })

    it('lets a line that came within a second go at once', async () => {
      const { clock, admitted, start, end, shut } = setUp()
      await shut(10_000)
      start(1)
      await clock.advance(999)
      for (const order of [2, 3]) start(order)
      await clock.advance(9_001)
      end(1, NO_HEADERS)
      await clock.settle()
      expect(admitted).toEqual([1, 2, 3])
    })

    it('lets a retry go with the call behind it, and still keeps maxConcurrent', async () => {
      const { clock, admitted, start, end, shut } = setUp({ maxConcurrent: 1 })
      await shut(10_000)
      start(2)
      await clock.advance(5_000)
      for (const order of [4, 5]) start(order)
      await clock.advance(5_000)
      end(2, NO_HEADERS)
      start(3)
      await clock.advance(3_999)
      expect(admitted).toEqual([2])
      await clock.advance(1)
      expect(admitted).toEqual([2, 3])
      await clock.advance(60_000)
      expect(admitted).toEqual([2, 3])
      end(3, NO_HEADERS)
      await clock.settle()
      expect(admitted).toEqual([2, 3, 4])
    })

    it('waits for the new moment when it is shut again, however late the next call was due', async () => {
      const { clock, admitted, start, end, shut } = setUp()
      await shut(50_000)
      for (const order of [1, 2]) start(order)
      await clock.advance(40_000)
      start(3)
      await clock.advance(10_000)
      end(1, NO_HEADERS)
      await clock.settle()
      expect(admitted).toEqual([1, 2])
      // 3 is due at 82 s, and the gate opens at 52 s.
      end(2, refused(2_000))
      await clock.advance(1_999)
      expect(admitted).toEqual([1, 2])
      await clock.advance(1)
      expect(admitted).toEqual([1, 2, 3])
    })

    it('refuses at once what is not due before its deadline', async () => {
      const { clock, admitted, refusals, start, end, shut } = setUp()
      await shut(10_000)
      start(1)
      await clock.advance(5_000)
      start(2, { deadlineAt: 14_000 })
      start(3, { deadlineAt: 14_001 })
      await clock.advance(5_000)
      expect(refusals.size).toBe(0)
      end(1, NO_HEADERS)
      start(4, { deadlineAt: 18_000 })
      await clock.settle()
      expect([...refusals.keys()]).toEqual([2, 4])
      expect(refusals.get(2)).toMatchObject({ code: 'rate_limited', outcome: 'not_sent', retryAfter: 4_000 })
      expect(refusals.get(4)).toMatchObject({ code: 'rate_limited', outcome: 'not_sent', retryAfter: 8_000 })
      await clock.advance(4_000)
      expect(admitted).toEqual([1, 3])
    })

    it('is not held up by a clock that is set back', async () => {
      const { clock, admitted, start, end, shut } = setUp()
      await shut(10_000)
      start(1)
      await clock.advance(5_000)
      start(2)
      await clock.advance(5_000)
      end(1, NO_HEADERS)
      clock.setWallClock(-1_000_000)
      await clock.advance(4_000)
      expect(admitted).toEqual([1, 2])
    })
  })

  it('is never shut by a reset for longer than maxRetryAfter', async () => {
    const { clock, admitted, start, end } = setUp({ maxRetryAfter: 3_000 })
    start(0)
    await clock.settle()
    end(0, left(0, 86_400_000))
    start(1)
    await clock.advance(3_000)
    expect(admitted).toEqual([0, 1])
  })

  it.each([
    ['an answer without headers', NO_HEADERS],
    ['remaining 0 without a reset', left(0)],
    ['remaining without a reset', left(1_000)],
  ])('opens again after %s', async (_, answer) => {
    const { clock, admitted, start, end, shut } = setUp()
    await shut(1_000)
    for (const order of [1, 2, 3]) start(order)
    await clock.advance(1_000)
    end(1, answer)
    await clock.settle()
    expect(admitted).toEqual([1, 2, 3])
  })

  it('lets the next one go first when the first is lost on the network', async () => {
    const { clock, admitted, start, end, shut } = setUp()
    await shut(1_000)
    for (const order of [1, 2, 3]) start(order)
    await clock.advance(1_000)
    end(1)
    await clock.settle()
    expect(admitted).toEqual([1, 2])
    end(2)
    await clock.settle()
    expect(admitted).toEqual([1, 2, 3])
  })

  it('opens by itself when nobody waited, at the moment and not before', async () => {
    const { clock, admitted, waits, start, shut } = setUp()
    await shut(1_000)
    expect(clock.pending).toBe(0)
    await clock.advance(999)
    start(1)
    await clock.settle()
    expect([admitted, waits]).toEqual([[], [[1, 1, 'rate_limit']]])
    await clock.advance(1)
    expect(admitted).toEqual([1])
  })

  it('opens at once when it is to be shut for no time at all, at the moment 0 of the clock too', async () => {
    const { clock, admitted, start, shut } = setUp()
    await shut(0)
    start(1)
    await clock.settle()
    expect([admitted, clock.now()]).toEqual([[1], 0])
  })

  it('is not kept shut by a clock that is set back', async () => {
    const { clock, admitted, refusals, start, shut } = setUp()
    await clock.advance(10_000_000)
    await shut(1_000)
    clock.setWallClock(1_000)
    start(1, { deadlineAt: 121_000 })
    await clock.settle()
    expect([admitted, refusals.size]).toEqual([[1], 0])
  })

  it('learns that the resets are rounded down from a first request that is refused after one', async () => {
    const { clock, admitted, start, end } = setUp()
    start(0)
    await clock.settle()
    end(0, left(0, 1_000))
    start(1)
    await clock.advance(1_000)
    end(1, { rate: { remaining: 0, resetAfter: 0 }, shutFor: 300 })
    start(2)
    await clock.advance(300)
    end(2, left(0, 1_000))
    start(3)
    await clock.advance(1_999)
    expect(admitted).toEqual([0, 1, 2])
    await clock.advance(1)
    expect(admitted).toEqual([0, 1, 2, 3])
  })

  describe('and a deadline', () => {
    it('refuses at once what cannot be sent in time, before anything is sent', async () => {
      const { clock, refusals, waits, start, shut } = setUp()
      await shut(5_000)
      start(1, { deadlineAt: 5_000 })
      start(2, { deadlineAt: 5_001 })
      await clock.settle()
      expect(refusals.get(1)).toBeInstanceOf(RateLimitError)
      expect(refusals.get(1)).toMatchObject({
        outcome: 'not_sent',
        retryAfter: 5_000,
        stopped: 'deadline',
        retryable: true,
      })
      expect(refusals.size).toBe(1)
      expect(waits).toEqual([[2, 5_000, 'rate_limit']])
      expect(clock.now()).toBe(0)
    })

    it('refuses those who wait as soon as the gate is shut for longer', async () => {
      const { clock, refusals, start, end } = setUp()
      start(0)
      start(1)
      await clock.settle()
      end(0, left(1, 9_000))
      start(2, { deadlineAt: 3_000 })
      start(3, { deadlineAt: 3_001 })
      end(1, refused(3_000))
      await clock.settle()
      expect([...refusals.keys()]).toEqual([2])
      expect(clock.now()).toBe(0)
    })

    it('is a RateLimitError for the limit and a TimeoutError for maxConcurrent, at its moment', async () => {
      const limited = setUp()
      limited.start(0)
      limited.start(1)
      await limited.clock.settle()
      limited.end(0, left(1, 9_000))
      limited.start(2, { deadlineAt: 700 })
      await limited.clock.advance(700)
      expect(limited.refusals.get(2)).toMatchObject({ code: 'rate_limited', outcome: 'not_sent' })
      expect(limited.refusals.get(2)).not.toHaveProperty('retryAfter')

      const full = setUp({ maxConcurrent: 1 })
      full.start(1)
      full.start(2, { deadlineAt: 700 })
      await full.clock.advance(699)
      expect(full.refusals.size).toBe(0)
      await full.clock.advance(1)
      expect(full.refusals.get(2)).toBeInstanceOf(TimeoutError)
      expect(full.refusals.get(2)).toMatchObject({ scope: 'deadline', outcome: 'not_sent', stopped: 'deadline' })
    })
  })

  it('admits maxConcurrent at once, the rest in order as places become free', async () => {
    const { clock, admitted, waits, start, end } = setUp({ maxConcurrent: 2 })
    for (const order of [1, 2, 3, 5, 4]) start(order)
    await clock.settle()
    expect(admitted).toEqual([1, 2])
    expect(waits[0]).toEqual([3, undefined, 'concurrency'])
    end(2, NO_HEADERS)
    end(1)
    await clock.settle()
    expect(admitted).toEqual([1, 2, 3, 4])
    end(3, NO_HEADERS)
    await clock.settle()
    expect(admitted).toEqual([1, 2, 3, 4, 5])
  })

  it('has nothing left when all who wait abort, on one signal', async () => {
    const { clock, refusals, start, shut } = setUp()
    await shut(30_000)
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...args)
    }
    for (let order = 1; order <= 1_000; order += 1) start(order, { signal })
    await clock.settle()
    expect([listeners, clock.pending]).toEqual([1, 1_001])
    const reason = new Error('enough')
    controller.abort(reason)
    await clock.settle()
    expect([...refusals.values()].every((error) => error === reason)).toBe(true)
    expect([refusals.size, listeners, clock.pending, clock.now()]).toEqual([1_000, 0, 0, 0])
  })

  it('sleeps again for a call that comes while the last sleep is being ended', async () => {
    const { clock, admitted, start, shut } = setUp()
    await shut(1_000)
    const controller = new AbortController()
    start(1, { signal: controller.signal })
    controller.abort()
    start(2)
    await clock.advance(1_000)
    expect(admitted).toEqual([2])
  })

  it('keeps the order, the limits and its promises in any history', async () => {
    const answer: fc.Arbitrary<RateAnswer | undefined> = fc.oneof(
      fc.constant(undefined),
      fc.constant(NO_HEADERS),
      fc.tuple(fc.nat(5), fc.option(fc.nat(3_000), { nil: undefined })).map(([count, reset]) => left(count, reset)),
      fc.nat(3_000).map(refused),
    )
    type Step =
      | { readonly do: 'start'; readonly deadline: number }
      | { readonly do: 'end'; readonly which: number; readonly answer: RateAnswer | undefined }
      | { readonly do: 'abort'; readonly which: number }
      | { readonly do: 'wait'; readonly ms: number }
    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('start' as const), deadline: fc.integer({ min: 1, max: 9_000 }) }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(), answer }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat() }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2_000) }) },
    )
    const run = async (steps: readonly Step[], maxConcurrent: number): Promise<void> => {
      const clock = createVirtualClock()
      const maxRetryAfter = 2_000
      const gate = createGate({
        runtime: resolveRuntime({ ...clock.runtime, random: () => 0.5 }),
        maxConcurrent,
        maxRetryAfter,
        jitter: 500,
      })
      const waiting = new Map<number, { readonly deadlineAt: number; readonly controller: AbortController }>()
      const inFlight: { readonly order: number; readonly ticket: number }[] = []
      const broken: string[] = []
      let shutUntil = 0
      let order = 0
      const start = (deadline: number): void => {
        const entry = { order: order++, deadlineAt: clock.now() + deadline, controller: new AbortController() }
        waiting.set(entry.order, entry)
        void (async () => gate.enter({ ...entry, signal: entry.controller.signal }))().then(
          (ticket) => {
            if (Math.min(...waiting.keys()) !== entry.order) broken.push('order')
            waiting.delete(entry.order)
            inFlight.push({ order: entry.order, ticket })
            if (inFlight.length > maxConcurrent) broken.push('maxConcurrent')
            if (clock.now() < shutUntil) broken.push('too early')
            if (clock.now() > entry.deadlineAt) broken.push('admitted after the deadline')
          },
          () => {
            waiting.delete(entry.order)
            if (clock.now() > entry.deadlineAt) broken.push('refused after the deadline')
          },
        )
      }
      const endOne = (which: number, answer: RateAnswer | undefined): void => {
        const [one] = inFlight.splice(which % Math.max(1, inFlight.length), 1)
        if (!one) return
        if (answer?.shutFor !== undefined) shutUntil = Math.max(shutUntil, clock.now() + answer.shutFor)
        gate.leave(one.ticket, answer)
      }
      for (const step of steps) {
        if (step.do === 'start') start(step.deadline)
        else if (step.do === 'end') endOne(step.which, step.answer)
        else if (step.do === 'abort') [...waiting.values()][step.which % Math.max(1, waiting.size)]?.controller.abort()
        else await clock.advance(step.ms)
        await clock.settle()
      }
      // When all others have ended, a call with time enough always gets through.
      for (const { controller } of waiting.values()) controller.abort()
      await clock.settle()
      while (inFlight.length > 0) endOne(0, undefined)
      start(4_000)
      await clock.advance(3_999)
      expect(inFlight).toHaveLength(1)
      endOne(0, NO_HEADERS)
      expect(broken).toEqual([])
      expect([waiting.size, clock.pending]).toEqual([0, 0])
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 3, Number.POSITIVE_INFINITY), run),
      { numRuns: 300 },
    )
  })
})
