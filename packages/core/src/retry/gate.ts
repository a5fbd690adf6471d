import { RateLimitError, TimeoutError } from '../errors/classes.ts'
import { type Abortable, onAbort } from '../on-abort.ts'
import type { Runtime } from '../options.ts'
import { createRateWindow, type RateAnswer } from './rate-window.ts'

/** One call that wants to send. */
export interface GateEntry {
  /** Calls wait in this order; a retry keeps the place of its call. */
  readonly order: number
  /** Epoch ms. */
  readonly deadlineAt: number
  readonly signal?: Abortable | undefined
  /** Told once, when the call has to wait: for how long as far as known, and for what. */
  onWait?(waitMs: number | undefined, reason: WaitReason): void
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
  /** When it came, epoch ms; a retry came with those behind it. */
  readonly since: number
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
  // When the last call that was let go had come.
  let lastSince = 0
  // The line when it was let go: the moment, when the call before it had come, and how far it has been played back.
  let playback: { readonly at: number; readonly from: number; readonly speed: number; until: number } | undefined

  const dueAt = (since: number): number =>
    playback ? playback.at + (since - playback.from) / playback.speed : Number.NEGATIVE_INFINITY
  const isDue = ({ since }: Waiter): boolean => dueAt(since) <= Math.max(runtime.now(), playback?.until ?? 0)
  const admits = (): boolean => window.inFlight < maxConcurrent && window.hasRoom()
  const pump = (): void => {
    while (queue[0] && admits() && isDue(queue[0])) queue[0].admit()
    if (queue.length === 0) {
      playback = undefined
      sleeping?.abort()
    } else if (!sleeping && nextMoment() !== undefined) void sleepUntilNext()
  }
  /** When time alone lets the line go on. */
  const nextMoment = (): number | undefined => {
    if (window.shutUntil !== undefined) return window.shutUntil
    return queue[0] && playback && admits() ? dueAt(queue[0].since) : undefined
  }
  const sleepUntilNext = async (): Promise<void> => {
    sleeping = new AbortController()
    const { signal } = sleeping
    try {
      for (let moment = nextMoment(); moment !== undefined; moment = nextMoment()) {
        await runtime.sleep(Math.max(0, moment - runtime.now()), signal)
        // The sleep is trusted rather than the clock: a clock that was set back must not keep the gate shut.
        if (moment === window.shutUntil) window.open()
        else if (playback) playback.until = moment
        if (playback) pump()
      }
    } catch {
      // Nobody waits any more.
    }
    sleeping = undefined
    pump()
  }
  const refuseLate = (goesAt: (waiter: Waiter) => number): void => {
    for (const waiter of [...queue])
      if (waiter.deadlineAt <= goesAt(waiter)) waiter.refuse(tooLong(goesAt(waiter) - runtime.now()))
  }
  /** How long a call that comes now has to wait, as far as known. */
  const waitOf = (entry: GateEntry): number | undefined => {
    if (window.shutUntil !== undefined) return window.waitMs()
    return playback && Math.max(0, dueAt(sinceOf(entry)) - runtime.now())
  }
  const sinceOf = ({ order }: GateEntry): number => queue[placeOf(order)]?.since ?? runtime.now()
  const placeOf = (order: number): number => {
    // Nearly always the end; searched from there, since a long queue is when it matters.
    let place = queue.length
    while (place > 0 && (queue[place - 1]?.order ?? 0) > order) place -= 1
    return place
  }

  const wait = (entry: GateEntry, reason: WaitReason): Promise<number> =>
    new Promise((resolve, reject) => {
      let isOver = false
      const leaveQueue = (): void => {
        isOver = true
        queue.splice(queue.indexOf(waiter), 1)
        cancelTimer()
        stopListening?.()
      }
      const waiter: Waiter = {
        order: entry.order,
        deadlineAt: entry.deadlineAt,
        since: sinceOf(entry),
        admit() {
          // Its timer is due at this very moment, and comes second.
          if (runtime.now() >= entry.deadlineAt) return onDeadline()
          leaveQueue()
          lastSince = waiter.since
          resolve(window.take())
        },
        refuse(error) {
          if (isOver) return
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
      queue.splice(placeOf(entry.order), 0, waiter)
      pump()
    })

  return {
    enter(entry) {
      if (!sleeping && window.isDue()) window.open()
      if (admits() && queue.length === 0) {
        lastSince = runtime.now()
        return window.take()
      }
      const waitMs = waitOf(entry)
      if (waitMs !== undefined && waitMs >= entry.deadlineAt - runtime.now()) return Promise.reject(tooLong(waitMs))
      const reason = waitMs === undefined && window.inFlight >= maxConcurrent ? 'concurrency' : 'rate_limit'
      entry.onWait?.(waitMs, reason)
      return wait(entry, reason)
    },
    leave(ticket, answer) {
      const { shutUntil: shutBefore, isUnlimited: wasUnlimited } = window
      window.give(ticket, answer)
      const { shutUntil, isUnlimited } = window
      if (shutUntil !== undefined && shutUntil !== shutBefore) {
        if (playback) sleeping?.abort()
        playback = undefined
        refuseLate(() => shutUntil)
      } else if (isUnlimited && !wasUnlimited && (queue.at(-1)?.since ?? 0) - lastSince >= SHORT_LINE) {
        playback = {
          at: runtime.now(),
          from: lastSince,
          speed: SLOWEST + (FASTEST - SLOWEST) * runtime.random(),
          until: 0,
        }
        refuseLate(({ since }) => dueAt(since))
      }
      pump()
    },
  }
}

/**
 * Where nothing says how many may follow, a line is let go as its calls came, only so much faster. So what was held back is no
 * storm when the API is back, no call waits longer than the one before it, and the line comes to its end, for each client of a fleet
 * at another moment.
 */
const SLOWEST = 1.25
const FASTEST = 1.4
/** A line of calls that came within so many ms is let go at once: that many the client would have sent anyway. */
const SHORT_LINE = 1_000

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
    message: 'the deadline passed while the call waited for one of maxConcurrent places',
    scope: 'deadline',
    stopped: 'deadline',
    retryable: true,
  })
}
