// The package's index loads every store that it knows, also what only Node.js has.
import MemoryLimiter from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import RedisLimiter from 'rate-limiter-flexible/lib/RateLimiterRedis.js'
import type { ProxyAnswer } from './exchange.ts'
import type { ProxyOptions, RateLimiter } from './options.ts'
import { problem, retryAfter } from './problem.ts'
import type { RedisClient, SharedStore } from './shared-store.ts'
import type { StoreHealth } from './store-health.ts'

/** What keeps one caller, and all of them together, within the key's limit. */
export interface Limits {
  /** Takes one request of the caller's; the answer that refuses it where none is left, or where the store cannot tell. */
  take(caller: string, isOnce: boolean): Promise<ProxyAnswer | undefined>
  /** The answer that refuses a request while the API has told any proxy of this site to wait. */
  checkGate(isOnce: boolean): Promise<ProxyAnswer | undefined>
  /** The API said to wait, ms. */
  shutGate(retryAfter: number | undefined): void
}

/** The longest that one 429 shuts the gate of all proxies, ms. */
const MAX_SHUT = 60_000
const GATE_KEY = 'gate'

/** Makes the limits, in memory or in the store. */
export function createLimits({
  rateLimit,
  redis,
  store,
  health,
  onStoreError,
  now,
}: {
  readonly rateLimit: ProxyOptions['rateLimit']
  readonly redis: RedisClient | undefined
  readonly store: SharedStore | undefined
  readonly health: StoreHealth
  readonly onStoreError: 'deny' | 'allow'
  readonly now: () => number
}): Limits {
  const limiter = createLimiter(rateLimit, redis)
  const onLost = (error: unknown, isOnce: boolean): ProxyAnswer | undefined => {
    health.failed(error)
    return isOnce || onStoreError === 'deny' ? storeProblem() : undefined
  }
  return {
    async take(caller, isOnce) {
      try {
        const taken = limiter.consume(caller)
        await (store ? store.race(taken) : taken)
        if (store) health.ok()
        return undefined
      } catch (error) {
        const wait = waitOf(error)
        if (wait === undefined) return onLost(error, isOnce)
        return problem(429, 'rate_limited', 'Too many requests from you: wait, then ask less often.', retryAfter(wait))
      }
    },
    async checkGate(isOnce) {
      if (!store) return undefined
      try {
        const until = Number(await store.get(GATE_KEY))
        if (!(until > now())) return undefined
        return problem(
          429,
          'rate_limited',
          'The API takes no more requests of this site for now.',
          retryAfter(until - now()),
        )
      } catch (error) {
        return onLost(error, isOnce)
      }
    },
    shutGate(asked = 1_000) {
      const wait = Math.min(MAX_SHUT, Math.max(1, Math.ceil(asked)))
      store?.set(GATE_KEY, String(now() + wait), wait).catch(health.failed)
    },
  }
}

/** The answer while the store cannot be asked. */
export function storeProblem(): ProxyAnswer {
  return problem(
    503,
    'store_unavailable',
    'The proxy cannot count requests just now. Nothing was sent.',
    retryAfter(1_000),
  )
}

function createLimiter(rateLimit: ProxyOptions['rateLimit'], redis: RedisClient | undefined): RateLimiter {
  if (rateLimit && 'consume' in rateLimit) return rateLimit
  const { points = 60, duration = 60 } = rateLimit ?? {}
  if (!redis) return new MemoryLimiter({ points, duration })
  return new RedisLimiter({
    storeClient: redis,
    points,
    duration,
    keyPrefix: 'onebalance:limit',
    rejectIfRedisNotReady: true,
  })
}

/** rate-limiter-flexible rejects with its result where no request is left, and with an `Error` where its store fails. */
function waitOf(rejection: unknown): number | undefined {
  if (rejection instanceof Error || typeof rejection !== 'object' || rejection === null) return undefined
  const { msBeforeNext } = rejection as { msBeforeNext?: unknown }
  return typeof msBeforeNext === 'number' ? msBeforeNext : undefined
}
