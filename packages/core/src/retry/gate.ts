import { RateLimitError, TimeoutError } from '../errors/classes.ts'
import type { Runtime } from '../options.ts'
import type { RateInfo } from './retry-after.ts'

/** One call that wants to send. */
export interface GateEntry {
  /** Calls wait in this order; a retry keeps the place of its call. */
  readonly order: number
  /** Epoch ms. */
  readonly deadlineAt: number
  readonly signal?: AbortSignal | undefined
  /** Told once, when the call has to wait: for how long as far as known, and for what. */
  readonly onWait?: ((waitMs: number | undefined, reason: 'rate_limit' | 'concurrency') => void) | undefined
}

/** Admits the requests of one client, so that it keeps to the API's rate limit instead of running into it. */
export interface Gate {
  /**
   * Resolves when the call may send; every admission is answered by one `leave`.
   *
   * @throws {RateLimitError} when the wait does not fit the deadline
   * @throws {TimeoutError} when the deadline passes while the call waits for a free connection
   */
  enter(entry: GateEntry): Promise<void> | undefined
  /** An admitted request is over. `shutFor`: the API refused it for its rate, come back after so many ms. */
  leave(answer?: { readonly rate: RateInfo; readonly shutFor?: number | undefined }): void
}

interface Waiter extends GateEntry {
  admit(): void
  refuse(error: unknown): void
}

/** Makes the gate of a client: open until the API says otherwise. */
export function createGate(options: {
  readonly runtime: Runtime
  readonly maxConcurrent: number
  readonly maxRetryAfter: number
  readonly jitter: number
}): Gate {
  const { runtime, maxConcurrent, maxRetryAfter, jitter } = options
  const queue: Waiter[] = []
  let inFlight = 0
  // What the last answer left; requests in flight may or may not be counted in it, so all of them are taken off.
  let remaining = Number.POSITIVE_INFINITY
  let shutUntil = 0
  let sleeping: AbortController | undefined

  /** One goes first; its answer says how many may follow. */
  const open = (): void => {
    shutUntil = 0
    remaining = inFlight + 1
  }
  const shut = (wait: number): void => {
    shutUntil = Math.max(shutUntil, runtime.now() + Math.min(wait, maxRetryAfter))
    for (const waiter of [...queue])
      if (waiter.deadlineAt < shutUntil) waiter.refuse(tooLong(shutUntil - runtime.now()))
  }
  const admits = (): boolean => inFlight < maxConcurrent && remaining - inFlight > 0 && shutUntil === 0

  const pump = (): void => {
    while (queue.length > 0 && admits()) queue[0]?.admit()
    if (queue.length === 0) sleeping?.abort()
    else if (shutUntil > 0 && !sleeping) void sleepUntilOpen()
  }
  const sleepUntilOpen = async (): Promise<void> => {
    sleeping = new AbortController()
    const { signal } = sleeping
    try {
      while (shutUntil > 0) {
        const target = shutUntil
        await runtime.sleep(Math.max(0, target - runtime.now()), signal)
        // The sleep is trusted rather than the clock: a clock that was set back must not keep the gate shut.
        if (target === shutUntil) open()
      }
    } catch {
      // Nobody waits any more.
    }
    sleeping = undefined
    pump()
  }

  const wait = (entry: GateEntry): Promise<void> =>
    new Promise((resolve, reject) => {
      const leaveQueue = (): void => {
        queue.splice(queue.indexOf(waiter), 1)
        cancelTimer()
        entry.signal?.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter = {
        ...entry,
        admit() {
          leaveQueue()
          inFlight += 1
          resolve()
        },
        refuse(error) {
          leaveQueue()
          reject(error)
          pump()
        },
      }
      const onAbort = (): void => waiter.refuse(entry.signal?.reason)
      const cancelTimer = runtime.setTimer(Math.max(0, entry.deadlineAt - runtime.now()), () => {
        waiter.refuse(
          inFlight >= maxConcurrent ? noConnection() : tooLong(shutUntil > 0 ? shutUntil - runtime.now() : undefined),
        )
      })
      entry.signal?.addEventListener('abort', onAbort, { once: true })
      const place = queue.findIndex((other) => other.order > entry.order)
      queue.splice(place < 0 ? queue.length : place, 0, waiter)
      pump()
    })

  return {
    enter(entry) {
      if (shutUntil > 0 && runtime.now() >= shutUntil && !sleeping) open()
      if (admits() && (queue[0]?.order ?? Number.POSITIVE_INFINITY) > entry.order) {
        inFlight += 1
        return undefined
      }
      const waitMs = shutUntil > 0 ? Math.max(0, shutUntil - runtime.now()) : undefined
      if (waitMs !== undefined && waitMs >= entry.deadlineAt - runtime.now()) return Promise.reject(tooLong(waitMs))
      entry.onWait?.(waitMs, waitMs === undefined && inFlight >= maxConcurrent ? 'concurrency' : 'rate_limit')
      return wait(entry)
    },
    leave(answer) {
      inFlight -= 1
      if (answer) {
        const { rate, shutFor } = answer
        if (shutFor !== undefined) {
          remaining = 0
          shut(shutFor)
        } else if (rate.remaining === undefined || (rate.remaining === 0 && rate.resetAfter === undefined)) {
          remaining = Number.POSITIVE_INFINITY
        } else {
          remaining = rate.remaining
          if (remaining === 0 && rate.resetAfter !== undefined) shut(rate.resetAfter + jitter * runtime.random())
        }
      }
      // Nothing in flight can bring news, so an old count must not hold anybody for ever.
      if (inFlight === 0 && shutUntil === 0 && remaining <= 0) remaining = 1
      pump()
    },
  }
}

function tooLong(waitMs: number | undefined): RateLimitError {
  return new RateLimitError({
    message: `the rate limit leaves no request before the deadline${waitMs === undefined ? '' : ` (the wait is ${Math.ceil(waitMs)} ms)`}`,
    outcome: 'not_sent',
    retryAfter: waitMs,
    retryable: true,
  })
}

function noConnection(): TimeoutError {
  return new TimeoutError({
    message: 'the deadline passed while the call waited for one of its maxConcurrent places',
    scope: 'deadline',
    retryable: true,
  })
}
