import type { Clock } from './clock.ts'
import type { KnownKey } from './keys.ts'
import { Problem } from './problem.ts'

const WINDOW = 60_000

/** Counts requests by key in a sliding minute: each request leaves the window one minute after it was made. */
export function createRateLimiter(clock: Clock) {
  const made = new Map<KnownKey, number[]>()
  const inFlight = new Map<KnownKey, number>()
  return {
    /**
     * Counts a request. `headers` go on its answer, `release` is called when it is over.
     *
     * @throws {Problem} 429
     */
    admit(key: KnownKey): { readonly headers: Readonly<Record<string, string>>; release(): void } {
      const now = clock.now()
      const times = (made.get(key) ?? []).filter((time) => time > now - WINDOW)
      const running = inFlight.get(key) ?? 0
      const { perMinute, concurrent } = key.limits
      const isAdmitted = times.length < perMinute && running < concurrent
      if (isAdmitted) {
        times.push(now)
        inFlight.set(key, running + 1)
      }
      made.set(key, times)
      const oldest = times[0] ?? now
      const headers = {
        'x-ratelimit-limit': String(perMinute),
        'x-ratelimit-remaining': String(Math.max(0, perMinute - times.length)),
        // Rounded up, so that whoever waits until then is never too early.
        'x-ratelimit-reset': String(Math.ceil((oldest + WINDOW) / 1_000)),
      }
      if (!isAdmitted) {
        const reason =
          times.length < perMinute ? `Only ${concurrent} requests at once` : `Only ${perMinute} requests in a minute`
        throw new Problem(429, 'ThrottlerException', `Too many requests. ${reason}`, headers)
      }
      return { headers, release: () => void inFlight.set(key, (inFlight.get(key) ?? 1) - 1) }
    },
  }
}
