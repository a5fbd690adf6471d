import type { Runtime } from '../src/options.ts'

declare const setImmediate: (fn: () => void) => void

/** A clock that stands still until it is told to go on, for tests. */
export interface VirtualClock {
  /** For the option `runtime`. `sleep` is left out, so that the client's own, on `setTimer`, is what is tested. */
  readonly runtime: Pick<Runtime, 'now' | 'setTimer'>
  now(): number
  /** Timers that are armed. */
  readonly pending: number
  /** Sets the wall clock alone: timers still take as long as they take. */
  setWallClock(now: number): void
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>
  /** Goes on by `ms`, or until no timer is left, firing each timer at its moment and letting its consequences happen first. */
  advance(ms?: number): Promise<void>
  /** Goes on until the promise is settled, and settles as it does. Throws when nothing is left that could settle it. */
  run<T>(promise: PromiseLike<T>): Promise<T>
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
  cancelled: boolean
}

export function createVirtualClock(start = 0): VirtualClock {
  const heap: Timer[] = []
  let elapsed = start
  let offset = 0
  let armed = 0
  let order = 0

  const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
  const at = (index: number): Timer => heap[index] as Timer
  const swap = (a: number, b: number): void => {
    const timer = at(a)
    heap[a] = at(b)
    heap[b] = timer
  }
  const push = (timer: Timer): void => {
    let index = heap.push(timer) - 1
    while (index > 0 && isBefore(timer, at((index - 1) >> 1))) {
      swap(index, (index - 1) >> 1)
      index = (index - 1) >> 1
    }
  }
  const pop = (): void => {
    const last = heap.pop() as Timer
    if (heap.length === 0) return
    heap[0] = last
    for (let index = 0; ; ) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < heap.length && isBefore(at(child), at(least))) least = child
      if (least === index) return
      swap(index, least)
      index = least
    }
  }
  const peek = (): Timer | undefined => {
    while (heap[0]?.cancelled) pop()
    return heap[0]
  }

  // One turn of the event loop runs every microtask before it, however deep they go.
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const fireNext = async (): Promise<void> => {
    const timer = peek() as Timer
    pop()
    armed -= 1
    timer.cancelled = true
    elapsed = Math.max(elapsed, timer.at)
    timer.fn()
    await settle()
  }

  return {
    runtime: {
      now: () => elapsed + offset,
      setTimer(ms, fn) {
        if (!(ms >= 0)) throw new Error(`a timer of ${ms} ms`)
        const timer: Timer = { at: elapsed + ms, order: order++, fn, cancelled: false }
        push(timer)
        armed += 1
        return () => {
          if (timer.cancelled) return
          timer.cancelled = true
          armed -= 1
        }
      },
    },
    now: () => elapsed + offset,
    get pending() {
      return armed
    },
    setWallClock(now) {
      offset = now - elapsed
    },
    settle,
    async advance(ms = Number.POSITIVE_INFINITY) {
      const until = elapsed + ms
      await settle()
      for (let next = peek(); next && next.at <= until; next = peek()) await fireNext()
      if (until < Number.POSITIVE_INFINITY) elapsed = until
    },
    async run(promise) {
      let isSettled = false
      const end = (): void => {
        isSettled = true
      }
      promise.then(end, end)
      await settle()
      while (!isSettled) {
        if (!peek()) throw new Error('nothing is left that could settle the promise')
        await fireNext()
      }
      return promise
    },
  }
}
