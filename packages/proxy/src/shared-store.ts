import { ConfigurationError, type Runtime } from '@ob/core'

/** The part of an ioredis or iovalkey client that is used; limits in the store also need its `defineCommand`. */
export interface RedisClient {
  get(key: string): Promise<string | null>
  set(key: string, value: string, px: 'PX', ms: number): Promise<unknown>
  set(key: string, value: string, px: 'PX', ms: number, nx: 'NX'): Promise<unknown>
}

/** What several proxies of one site share. Every question has a time limit, and fails with {@link StoreError}. */
export interface SharedStore {
  get(key: string): Promise<string | null>
  /** Sets the value for `ms`. */
  set(key: string, value: string, ms: number): Promise<void>
  /** Sets it if there is none; whether it did. */
  claim(key: string, value: string, ms: number): Promise<boolean>
  /** Asks by another way than those above, within the same time. What is no `Error` is rejected as it is. */
  ask<T>(question: () => Promise<T>): Promise<T>
}

/** How long the store may take, ms: a caller would rather wait for the API. */
const STORE_TIMEOUT = 100
const PREFIX = 'onebalance:'
/** How an ioredis client calls itself when it has a server, or looks for one once it is asked: otherwise a command would wait in its queue. */
const READY = new Set(['ready', 'wait'])

/** The store did not answer, or not in time. */
export class StoreError extends Error {}

/** The store answered, with what no proxy wrote: that is about one value, and not the end of the store. */
export class StoreValueError extends StoreError {}

/**
 * Makes the shared store over the user's client.
 *
 * @throws {ConfigurationError} for a client of another kind, whose `set` would claim nothing
 */
export function createSharedStore(redis: RedisClient, runtime: Pick<Runtime, 'setTimer' | 'now'>): SharedStore {
  checkClient(redis)
  // A request asks several times, and waits for a store that hangs once.
  let restUntil = Number.NEGATIVE_INFINITY
  const tell = async <T>(question: () => Promise<T>): Promise<T> => {
    const { status } = redis as { readonly status?: unknown }
    if (typeof status === 'string' && !READY.has(status)) throw new StoreError('not connected')
    try {
      return await inTime(question(), runtime, () => {
        restUntil = runtime.now() + STORE_TIMEOUT
      })
    } catch (error) {
      throw error instanceof Error ? toStoreError(error) : error
    }
  }
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    if (runtime.now() < restUntil) throw new StoreError('no answer in time')
    return tell(question)
  }
  return {
    ask,
    async get(key) {
      const value = await ask(() => redis.get(PREFIX + key))
      if (value !== null && typeof value !== 'string') throw new StoreValueError('the value is not text')
      return value
    },
    async set(key, value, ms) {
      // Nobody waits for it, and it matters to whoever asks later: so it is tried also where questions are not.
      await tell(() => redis.set(PREFIX + key, value, 'PX', ms))
    },
    async claim(key, value, ms) {
      const answer = await ask(() => redis.set(PREFIX + key, value, 'PX', ms, 'NX'))
      if (answer === 'OK') return true
      if (answer === null) return false
      throw new StoreValueError('the answer is not one of a store')
    },
  }
}

/** Settles as the promise does, or rejects with a {@link StoreError} when a store may take no longer. */
export function inTime<T>(
  promise: Promise<T>,
  { setTimer }: Pick<Runtime, 'setTimer'>,
  onLate?: () => void,
): Promise<T> {
  let cancel: (() => void) | undefined
  const late = new Promise<never>((_, reject) => {
    // In two steps: where this process was busy, the answer lies in its socket, and is read between them.
    cancel = setTimer(STORE_TIMEOUT - 1, () => {
      cancel = setTimer(1, () => {
        onLate?.()
        reject(new StoreError('no answer in time'))
      })
    })
  })
  return Promise.race([promise, late]).finally(() => cancel?.())
}

function toStoreError(error: Error): StoreError {
  if (error instanceof StoreError) return error
  return error.message.startsWith('WRONGTYPE') ? new StoreValueError(error.message) : new StoreError(error.message)
}

function checkClient(client: unknown): void {
  const { get, set, isOpen } = (client ?? {}) as Partial<Record<'get' | 'set' | 'isOpen', unknown>>
  // node-redis reads the words after the value as nothing: each claim would succeed, and each copy of a request run.
  if (typeof get !== 'function' || typeof set !== 'function' || isOpen !== undefined)
    throw new ConfigurationError({
      message: 'store: must be a client of ioredis or iovalkey; where none is given, that of rateLimit is used',
    })
}
