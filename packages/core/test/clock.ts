import type { Runtime } from '../src/index.ts'

/** A clock that moves only when told. */
export interface Clock extends Pick<Runtime, 'now' | 'setTimer' | 'random'> {
  /** Timers that are armed. */
  readonly pending: number
  /** Moves the time, ms; runs the timers that are due in their order, and lets everything that follows from each settle. */
  advance(ms: number): Promise<void>
}

/** Makes a clock; give it as `runtime`. Its `random` is 0.5. */
export function createClock(start = 1_700_000_000_000): Clock {
  let now = start
  const timers = new Map<number, { readonly at: number; readonly fn: () => void }>()
  let id = 0
  return {
    now: () => now,
    random: () => 0.5,
    setTimer(ms, fn) {
      const own = id++
      timers.set(own, { at: now + ms, fn })
      return () => timers.delete(own)
    },
    get pending() {
      return timers.size
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        const due = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0]
        if (!due) break
        timers.delete(due[0])
        now = Math.max(now, due[1].at)
        due[1].fn()
        await settle()
      }
      now = end
      await settle()
    },
  }
}

/** Lets promises and streams that can settle do so: a few turns of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0))
}
