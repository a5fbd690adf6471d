import type { Runtime } from '@ob/core'

/** A client's runtime in the hands of a test: time limits pass when the test says so, waits pass at once. */
export interface TestRuntime extends Runtime {
  /** Lets every time limit that is set now pass. */
  expire(): void
  /** Time limits that are set and neither passed nor taken down. */
  readonly pending: number
  /** What was slept, ms, in order. */
  readonly slept: readonly number[]
}

/** A clock that a test moves; a sandbox has one. */
export interface TestClock {
  now(): number
  advance(ms: number): void
}

/** Waits move `clock` on, which client and sandbox may share. */
export function createTestRuntime(clock: TestClock = createTestClock(), random = Math.random): TestRuntime {
  const timers = new Set<{ readonly fn: () => void }>()
  const slept: number[] = []
  return {
    now: () => clock.now(),
    random,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      slept.push(ms)
      clock.advance(ms)
      await new Promise<void>((resolve) => setImmediate(resolve))
    },
    setTimer(_, fn) {
      const timer = { fn }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    expire() {
      for (const timer of [...timers]) {
        timers.delete(timer)
        timer.fn()
      }
    },
    get pending() {
      return timers.size
    },
    slept,
  }
}

function createTestClock(): TestClock {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    advance: (ms) => {
      offset += ms
    },
  }
}

/** A seeded generator of numbers in [0, 1) (mulberry32), so that a failing run can be run again. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
