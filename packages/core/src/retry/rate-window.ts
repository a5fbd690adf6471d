import type { Runtime } from '../options.ts'
import type { RateInfo } from './retry-after.ts'

/** What an answer says about the rate limit. */
export interface RateAnswer {
  readonly rate: RateInfo
  /** The API refused the request for its rate: come back after so many ms. */
  readonly shutFor?: number | undefined
}

/** What the API's answers say about the rate limit: open for so many requests at once, or shut until a moment. */
export interface RateWindow {
  readonly inFlight: number
  /** When it opens again, epoch ms; `undefined` while it is open. */
  readonly shutUntil: number | undefined
  /** Whether it is open and nothing is known of an end. */
  readonly isUnlimited: boolean
  /** Whether the moment to open has come. */
  isDue(): boolean
  /** Until it opens, ms. */
  waitMs(): number
  /** Opens for one request, whose answer says how many may follow. */
  open(): void
  /** Whether one more request may be sent now. */
  hasRoom(): boolean
  /** A request is sent. Returns its number, for `give`. */
  take(): number
  /** The request with this number is over, with an answer or without. */
  give(ticket: number, answer?: RateAnswer): void
}

/** Makes a window that is open until an answer says otherwise. */
export function createRateWindow(options: {
  readonly runtime: Pick<Runtime, 'now' | 'random'>
  /** The longest time that a reset can shut it for, ms. */
  readonly maxRetryAfter: number
  /** The upper bound of the random time after a reset, ms, so that the clients of one key do not all come at its first moment. */
  readonly jitter: number
}): RateWindow {
  const { runtime, maxRetryAfter, jitter } = options
  let inFlight = 0
  let sent = 0
  // Requests in flight may or may not be counted in what an answer leaves, so all of them are taken off.
  let remaining = Number.POSITIVE_INFINITY
  let learnedAt = 0
  let shutAt = 0
  let shutUntil: number | undefined
  let probe: 'none' | 'wanted' | number = 'none'
  // A reset in whole seconds may have been rounded down. Once a request that waited for it was refused, it is taken as so.
  let lag = 0

  /** Answers overtake each other: only a request that was sent after the last news brings newer news. Among the others, the least is true. */
  const learn = (ticket: number, count: number): boolean => {
    if (ticket <= learnedAt && count >= remaining) return false
    remaining = count
    learnedAt = sent
    return true
  }
  const shut = (wait: number): void => {
    remaining = 0
    learnedAt = sent
    probe = 'none'
    shutAt = runtime.now()
    shutUntil = Math.max(shutUntil ?? shutAt, shutAt + wait)
  }

  return {
    get inFlight() {
      return inFlight
    },
    get shutUntil() {
      return shutUntil
    },
    get isUnlimited() {
      return shutUntil === undefined && probe === 'none' && remaining === Number.POSITIVE_INFINITY
    },
    // A clock that was set back must not keep it shut.
    isDue: () => shutUntil !== undefined && (runtime.now() >= shutUntil || runtime.now() < shutAt),
    waitMs: () => (shutUntil === undefined ? 0 : Math.max(0, shutUntil - runtime.now())),
    open() {
      shutUntil = undefined
      probe = 'wanted'
    },
    hasRoom: () => shutUntil === undefined && (probe === 'none' ? remaining > inFlight : probe === 'wanted'),
    take() {
      inFlight += 1
      sent += 1
      if (probe === 'wanted') probe = sent
      return sent
    },
    give(ticket, answer) {
      inFlight -= 1
      const isProbe = ticket === probe
      if (isProbe) probe = answer ? 'none' : 'wanted'
      if (!answer) return
      const { rate, shutFor } = answer
      if (isProbe && shutFor !== undefined && rate.resetAfter !== undefined) lag = RESET_RESOLUTION
      if (shutFor !== undefined) shut(shutFor)
      // Without a time to wait for, a count of 0 would be for ever.
      else if (rate.remaining === undefined || (rate.remaining === 0 && rate.resetAfter === undefined))
        learn(ticket, Number.POSITIVE_INFINITY)
      else if (learn(ticket, rate.remaining) && rate.remaining === 0)
        shut(Math.min(maxRetryAfter, (rate.resetAfter ?? 0) + lag + jitter * runtime.random()))
    },
  }
}

/** How much earlier than meant a reset can be, ms. */
const RESET_RESOLUTION = 1_000
