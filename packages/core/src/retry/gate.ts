import { RateLimitError, TimeoutError } from '../errors/classes.ts'
import { onAbort } from '../on-abort.ts'
import type { Runtime } from '../options.ts'
import { createRateWindow, type RateAnswer } from './rate-window.ts'

/** One call that wants to send. */
export interface GateEntry {
  /** Calls wait in this order; a retry keeps the place of its call. */
  readonly order: number
  /** Epoch ms. */
  readonly deadlineAt: number
  readonly signal?: AbortSignal | undefined
  /** Told once, when the call has to wait: for how long as far as known, and for what. */
  readonly onWait?: ((waitMs: number | undefined, reason: WaitReason) => void) | undefined
}

/** What a call waits for. */
export type WaitReason = 'rate_limit' | 'concurrency'

/** Admits the requests of one client, so that it keeps to the API's rate limit instead of running into it. */
export interface Gate {
  /**
   * Gives a ticket when the call may send; every ticket is given back by one `leave`.
   *
   * @throws {RateLimitError} when the wait does not fit the deadline
   * @throws {TimeoutError} when the deadline passes while the call waits for a free connection
   */
  enter(entry: GateEntry): Promise<number> | number
  /** The request of this ticket is over, with an answer or without. */
  leave(ticket: number, answer?: RateAnswer): void
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
  const { runtime, maxConcurrent } = options
  const window = createRateWindow(options)
  const queue: Waiter[] = []
  let sleeping: AbortController | undefined

  const admits = (): boolean => window.inFlight < maxConcurrent && window.hasRoom()
  const pump = (): void => {
    while (queue.length > 0 && admits()) queue[0]?.admit()
    if (queue.length === 0) sleeping?.abort()
    else if (window.shutUntil !== undefined && !sleeping) void sleepUntilOpen()
  }
  const sleepUntilOpen = async (): Promise<void> => {
    sleeping = new AbortController()
    const { signal } = sleeping
    try {
      while (window.shutUntil !== undefined) {
        const target = window.shutUntil
        await runtime.sleep(window.waitMs(), signal)
        // The sleep is trusted rather than the clock: a clock that was set back must not keep the gate shut.
        if (target === window.shutUntil) window.open()
      }
    } catch {
      // Nobody waits any more.
    }
    sleeping = undefined
    pump()
  }
  const refuseLate = (shutUntil: number): void => {
    for (const waiter of [...queue]) if (waiter.deadlineAt <= shutUntil) waiter.refuse(tooLong(window.waitMs()))
  }

  const wait = (entry: GateEntry, reason: WaitReason): Promise<number> =>
    new Promise((resolve, reject) => {
      const leaveQueue = (): void => {
        queue.splice(queue.indexOf(waiter), 1)
        cancelTimer()
        stopListening?.()
      }
      const waiter: Waiter = {
        ...entry,
        admit() {
          // Its timer is due at this very moment, and comes second.
          if (runtime.now() >= entry.deadlineAt) return onDeadline()
          leaveQueue()
          resolve(window.take())
        },
        refuse(error) {
          leaveQueue()
          reject(error)
          pump()
        },
      }
      const onDeadline = (): void => {
        if (window.shutUntil !== undefined) waiter.refuse(tooLong(window.waitMs()))
        else waiter.refuse(reason === 'concurrency' ? noConnection() : tooLong(undefined))
      }
      const cancelTimer = runtime.setTimer(Math.max(0, entry.deadlineAt - runtime.now()), onDeadline)
      const { signal } = entry
      const stopListening = signal && onAbort(signal, () => waiter.refuse(signal.reason))
      // Nearly always the end; searched from there, since a long queue is when it matters.
      let place = queue.length
      while (place > 0 && (queue[place - 1]?.order ?? 0) > entry.order) place -= 1
      queue.splice(place, 0, waiter)
      pump()
    })

  return {
    enter(entry) {
      if (!sleeping && window.isDue()) window.open()
      if (admits() && (queue[0]?.order ?? Number.POSITIVE_INFINITY) > entry.order) return window.take()
      const waitMs = window.shutUntil === undefined ? undefined : window.waitMs()
      if (waitMs !== undefined && waitMs >= entry.deadlineAt - runtime.now()) return Promise.reject(tooLong(waitMs))
      const reason = waitMs === undefined && window.inFlight >= maxConcurrent ? 'concurrency' : 'rate_limit'
      entry.onWait?.(waitMs, reason)
      return wait(entry, reason)
    },
    leave(ticket, answer) {
      const before = window.shutUntil
      window.give(ticket, answer)
      const { shutUntil } = window
      if (shutUntil !== undefined && shutUntil !== before) refuseLate(shutUntil)
      pump()
    },
  }
}

function tooLong(waitMs: number | undefined): RateLimitError {
  return new RateLimitError({
    message: `the rate limit leaves no request before the deadline${waitMs === undefined ? '' : ` (the wait is ${Math.ceil(waitMs)} ms)`}`,
    outcome: 'not_sent',
    stopped: 'deadline',
    retryAfter: waitMs,
    retryable: true,
  })
}

function noConnection(): TimeoutError {
  return new TimeoutError({
    message: 'the deadline passed while the call waited for one of its maxConcurrent places',
    scope: 'deadline',
    stopped: 'deadline',
    retryable: true,
  })
}
