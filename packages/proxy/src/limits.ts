import { ConfigurationError, type Runtime } from '@ob/core'
// The package's index loads every store that it knows, also what only Node.js has.
import MemoryLimiter from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import RedisLimiter from 'rate-limiter-flexible/lib/RateLimiterRedis.js'
import type { ProxyAnswer } from './exchange.ts'
import type { ProxyOptions, RateLimit, RateLimiter } from './options.ts'
import { problem, retryAfter } from './problem.ts'
import { inTime, type RedisClient, type SharedStore, StoreError, StoreValueError } from './shared-store.ts'
import type { StoreHealth } from './store-health.ts'

/** What keeps one caller, and all of them together, within the key's limit. */
export interface Limits {
  /**
   * Takes one request of the caller's. The answer that refuses it where none is left, while the API has told any proxy of this site to
   * wait, or where the store cannot tell.
   */
  take(caller: string, isOnce: boolean): Promise<ProxyAnswer | undefined>
  /** The API said to wait, ms. */
  shutGate(retryAfter: number | undefined): void
}

/** The longest that one 429 shuts the gate of all proxies, ms. */
const MAX_SHUT = 60_000
const GATE_KEY = 'gate'
/** 24 days, seconds: a longer timer fires at once, and the limit would be gone. */
const MAX_DURATION = 2_073_600

/**
 * Makes the limits, in memory or in the store.
 *
 * @throws {ConfigurationError} for a `rateLimit` that limits nothing
 */
export function createLimits({
  rateLimit,
  redis,
  store,
  health,
  onStoreError,
  runtime,
}: {
  readonly rateLimit: ProxyOptions['rateLimit']
  readonly redis: RedisClient | undefined
  readonly store: SharedStore | undefined
  readonly health: StoreHealth
  readonly onStoreError: 'deny' | 'allow'
  readonly runtime: Pick<Runtime, 'now' | 'setTimer'>
}): Limits {
  const { now } = runtime
  const limiter = createLimiter(rateLimit, redis)
  // One in memory, beside a store for the rest, says nothing of the store.
  const isInStore = store !== undefined && (limiter as { readonly client?: unknown }).client !== undefined
  // A limiter of the user's may have a store of its own, which hangs.
  const ask = isInStore
    ? store.ask
    : <T>(question: () => Promise<T>) => (limiter === rateLimit ? inTime(question(), runtime) : question())
  const onLost = (error: unknown, isOnce: boolean): ProxyAnswer | undefined => {
    health.failed(error)
    return isOnce || onStoreError === 'deny' ? storeProblem() : undefined
  }
  const readGate = async (from: SharedStore): Promise<number> => {
    const value = await from.get(GATE_KEY)
    const until = value === null ? 0 : Number(value)
    if (Number.isNaN(until)) throw new StoreValueError('the value is not a time')
    return until
  }
  const checkGate = async (from: SharedStore, isOnce: boolean): Promise<ProxyAnswer | undefined> => {
    try {
      const wait = Math.min(MAX_SHUT, (await readGate(from)) - now())
      if (wait <= 0) return undefined
      return problem(429, 'rate_limited', 'The API takes no more requests of this site for now.', retryAfter(wait))
    } catch (error) {
      return onLost(error, isOnce)
    }
  }
  return {
    async take(caller, isOnce) {
      try {
        const taken = await ask(() => limiter.consume(caller))
        // What cannot be read as a count is taken for none by the limiter.
        if (Number.isNaN((taken as { readonly consumedPoints?: unknown })?.consumedPoints))
          throw new StoreValueError('the count is not a number')
        if (isInStore) health.ok()
      } catch (error) {
        const wait = waitOf(error)
        const answer =
          wait === undefined
            ? onLost(error, isOnce)
            : problem(429, 'rate_limited', 'Too many requests from you: wait, then ask less often.', retryAfter(wait))
        if (wait !== undefined && isInStore) health.ok()
        if (answer) return answer
      }
      return store && checkGate(store, isOnce)
    },
    shutGate(asked = 1_000) {
      if (!store) return
      const wait = Math.min(MAX_SHUT, Math.max(1, Math.ceil(asked)))
      const until = now() + wait
      const shut = async (): Promise<void> => {
        if (await store.claim(GATE_KEY, String(until), wait)) return
        // A short wait must not open the gate that a longer one has shut. A value that is not ours is written over.
        const known = await readGate(store).catch((error) =>
          error instanceof StoreValueError ? 0 : Promise.reject(error),
        )
        if (known < until) await store.set(GATE_KEY, String(until), wait)
      }
      shut().catch(health.failed)
    },
  }
}

/** The answer while the store cannot be asked. */
export function storeProblem(): ProxyAnswer {
  return problem(
    503,
    'store_unavailable',
    'The proxy cannot count requests just now, and sent nothing for this one.',
    retryAfter(1_000),
  )
}

function createLimiter(rateLimit: ProxyOptions['rateLimit'], redis: RedisClient | undefined): RateLimiter {
  if (isLimiter(rateLimit)) return rateLimit
  const { points, duration } = checkRateLimit(rateLimit)
  if (!redis) return new MemoryLimiter({ points, duration })
  if (typeof (redis as { readonly defineCommand?: unknown }).defineCommand !== 'function')
    return {
      consume: () =>
        Promise.reject(new StoreError('its client has no defineCommand: give rateLimit a limiter of its own')),
    }
  // The store's script takes whole seconds, and none of them as "for ever".
  return new RedisLimiter({ storeClient: redis, points, duration: Math.ceil(duration), keyPrefix: 'onebalance:limit' })
}

function isLimiter(rateLimit: ProxyOptions['rateLimit']): rateLimit is RateLimiter {
  return typeof (rateLimit as Partial<RateLimiter> | null | undefined)?.consume === 'function'
}

function checkRateLimit(rateLimit: RateLimit = {}): { readonly points: number; readonly duration: number } {
  const { points = 60, duration = 60 } = Object(rateLimit) as RateLimit
  if (Object(rateLimit) !== rateLimit || !Number.isInteger(points) || points < 1)
    throw new ConfigurationError({
      message: 'rateLimit: must be { points, duration }, or a limiter; points whole, 1 or more',
    })
  if (typeof duration !== 'number' || !(duration > 0 && duration <= MAX_DURATION))
    throw new ConfigurationError({
      message: `rateLimit: duration must be in seconds, above 0, at most ${MAX_DURATION}`,
    })
  return { points, duration }
}

/** rate-limiter-flexible rejects with its result where no request is left, and with an `Error` where its store fails. */
function waitOf(rejection: unknown): number | undefined {
  if (rejection instanceof Error || typeof rejection !== 'object' || rejection === null) return undefined
  const { msBeforeNext } = rejection as { msBeforeNext?: unknown }
  return typeof msBeforeNext === 'number' ? msBeforeNext : undefined
}
