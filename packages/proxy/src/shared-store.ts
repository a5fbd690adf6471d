import type { Runtime } from '@ob/core'

/** The part of an ioredis or iovalkey client that is used. */
export interface RedisClient {
  get(key: string): Promise<string | null>
  set(key: string, value: string, px: 'PX', ms: number): Promise<unknown>
  set(key: string, value: string, px: 'PX', ms: number, nx: 'NX'): Promise<unknown>
}

/** What several proxies of one site share. */
export interface SharedStore {
  get(key: string): Promise<string | null>
  /** Sets the value for `ms`. */
  set(key: string, value: string, ms: number): Promise<void>
  /** Sets it if there is none; whether it did. */
  claim(key: string, value: string, ms: number): Promise<boolean>
  /** Waits for another promise of the same store no longer than the store itself may take. */
  race<T>(promise: Promise<T>): Promise<T>
}

/** How long the store may take for one question, ms: a caller would rather wait for the API. */
const STORE_TIMEOUT = 100
const PREFIX = 'onebalance:'

/** The store did not answer, or not in time, or with what no store of ours writes. */
export class StoreError extends Error {}

/** Makes the shared store over the user's client. Every question has a time limit, and fails with {@link StoreError}. */
export function createSharedStore(redis: RedisClient, runtime: Pick<Runtime, 'setTimer'>): SharedStore {
  const race = <T>(promise: Promise<T>): Promise<T> => {
    let cancel: (() => void) | undefined
    const late = new Promise<never>((_, reject) => {
      cancel = runtime.setTimer(STORE_TIMEOUT, () => reject(new StoreError('no answer in time')))
    })
    return Promise.race([promise, late]).finally(() => cancel?.())
  }
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      return await race(question())
    } catch (error) {
      throw error instanceof StoreError ? error : new StoreError(error instanceof Error ? error.message : String(error))
    }
  }
  return {
    race,
    async get(key) {
      const value = await ask(() => redis.get(PREFIX + key))
      if (value !== null && typeof value !== 'string') throw new StoreError('the value is not text')
      return value
    },
    async set(key, value, ms) {
      await ask(() => redis.set(PREFIX + key, value, 'PX', ms))
    },
    async claim(key, value, ms) {
      const answer = await ask(() => redis.set(PREFIX + key, value, 'PX', ms, 'NX'))
      if (answer === 'OK') return true
      if (answer === null) return false
      throw new StoreError('the answer is not one of a store')
    },
  }
}
