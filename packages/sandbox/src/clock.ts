/** The sandbox's time: the machine's, plus what a test has added. */
export interface Clock {
  /** Epoch ms. */
  now(): number
  /** Moves the time on, so that quotes expire, limits reset and executions progress without waiting. */
  advance(ms: number): void
}

export function createClock(): Clock {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    advance(ms) {
      offset += ms
    },
  }
}
