import type { RateHeaders } from '../api.ts'

/** What an answer says about when to come back. */
export interface RateInfo {
  /** Requests allowed in a window. */
  readonly limit?: number | undefined
  /** Requests left in the window. */
  readonly remaining?: number | undefined
  /** Until the next request becomes possible, ms from now. */
  readonly resetAfter?: number | undefined
  /** `Retry-After`, ms from now. */
  readonly retryAfter?: number | undefined
}

/** The part of `Headers` that is read. */
export interface HeaderReader {
  get(name: string): string | null
}

/** Reads `Retry-After` and the API's rate-limit headers. Dates are read against the answer's own `Date`, so a wrong local clock does no harm. `isRefused`: the answer is an error. */
export function readRateInfo(
  headers: HeaderReader,
  names: RateHeaders | undefined,
  clock: () => number,
  isRefused = true,
): RateInfo {
  const retryAfterText = headers.get('retry-after')
  if (retryAfterText === null && !names) return {}
  const limit = names && parseCount(headers.get(names.limit))
  const remaining = names && parseCount(headers.get(names.remaining))
  // While more requests are allowed, nobody waits for the reset, and reading a date costs more than all the rest of this.
  const resetText = names && (isRefused || !remaining) ? headers.get(names.reset) : undefined
  if (retryAfterText === null && !resetText) return { limit, remaining }
  const now = clock()
  const dateText = headers.get('date')
  const serverNow = (dateText === null ? undefined : parseHttpDate(dateText, now)) ?? now
  return {
    retryAfter: retryAfterText === null ? undefined : parseRetryAfter(retryAfterText, serverNow),
    limit,
    remaining,
    resetAfter: names && resetText ? parseReset(resetText, names.resetUnit, serverNow) : undefined,
  }
}

/**
 * `Retry-After` in ms from `serverNow`: a count of seconds or an HTTP date (RFC 9110, section 10.2.3). A past date is 0; anything
 * else, negative numbers too, is `undefined`.
 */
export function parseRetryAfter(text: string, serverNow: number): number | undefined {
  const value = text.trim()
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1_000, Number.MAX_SAFE_INTEGER)
  const date = parseHttpDate(value, serverNow)
  return date === undefined ? undefined : Math.max(0, date - serverNow)
}

/**
 * An HTTP date as epoch ms, in any of the three forms of RFC 9110, section 5.6.7: IMF-fixdate and the obsolete RFC 850 and asctime
 * forms. `Date.parse` takes much more (it reads `-1` as a date) and is not asked.
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const parts = (IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups as
    | Record<'day' | 'month' | 'year' | 'hour' | 'minute' | 'second', string>
    | undefined
  if (!parts) return undefined
  const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  const month = MONTHS.indexOf(parts.month)
  const time = Date.UTC(readYear(parts.year, now), month, day, hour, minute, Math.min(second, 59))
  const isReal = month >= 0 && new Date(time).getUTCDate() === day && hour < 24 && minute < 60 && second <= 60
  return isReal ? time : undefined
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)'
const WEEKDAY = '^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const IMF_FIXDATE = new RegExp(`${WEEKDAY}, (?<day>\\d\\d) (?<month>\\w{3}) (?<year>\\d{4}) ${TIME} GMT$`)
const RFC_850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-(?<month>\\w{3})-(?<year>\\d\\d) ${TIME} GMT$`,
)
const ASCTIME = new RegExp(`${WEEKDAY} (?<month>\\w{3}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`)

/** A two-digit year is the latest that is not more than 50 years ahead (RFC 9110, section 5.6.7). */
function readYear(text: string, now: number): number {
  if (text.length === 4) return Number(text)
  const latest = new Date(now).getUTCFullYear() + 50
  return latest - ((latest - Number(text)) % 100)
}

function parseCount(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined
}

function parseReset(text: string, unit: RateHeaders['resetUnit'], serverNow: number): number | undefined {
  if (!/^\d{1,15}(?:\.\d+)?$/.test(text.trim())) return undefined
  const value = Number(text)
  if (unit === 's') return value * 1_000
  if (unit === 'ms') return value
  // Seconds since the epoch have 10 digits for the next 260 years; 12 and more can only be milliseconds.
  const epoch = unit === 'epoch_ms' || value >= 1e11 ? value : value * 1_000
  return Math.max(0, epoch - serverNow)
}
