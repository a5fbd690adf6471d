import type { AnyEndpoint } from '@ob/core'
import { LRUCache } from 'lru-cache'
import type { ProxyAnswer } from './exchange.ts'
import { SAFE_HEADERS } from './problem.ts'
import { type SharedAnswer, shareAnswer, type UpstreamAnswer } from './shared-answer.ts'

/** Answers to reads: one request upstream for equal ones at once, and a short time in which the answer is given again. */
export interface AnswerCache {
  /** `key` holds all that the answer depends on. `hit` says where it came from. */
  get(
    key: string,
    endpoint: AnyEndpoint,
    start: (signal: AbortSignal | undefined) => Promise<UpstreamAnswer>,
  ): { readonly shared: SharedAnswer; readonly from: 'upstream' | 'joined' | 'cache' }
}

/** All that is kept, bytes and answers. */
const MAX_BYTES = 32 * 1_048_576
const MAX_ANSWERS = 1_000

/** Makes the cache of a process. */
export function createAnswerCache(maxAgeOf: (endpoint: AnyEndpoint) => number, now: () => number): AnswerCache {
  const underWay = new Map<string, SharedAnswer>()
  const kept = new LRUCache<string, ProxyAnswer>({
    max: MAX_ANSWERS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }) => (body instanceof Uint8Array ? body.length + 512 : 512),
    // A moment at the creation could be 0, which the cache reads as "no time".
    perf: { now: () => now() + 1 },
    ttlResolution: 0,
  })
  return {
    get(key, endpoint, start) {
      const answer = kept.get(key)
      if (answer) return { shared: shareAnswer(async () => answer, false), from: 'cache' }
      const current = underWay.get(key)
      if (current?.isWhole) return { shared: current, from: 'joined' }
      const shared = shareAnswer(start, true)
      underWay.set(key, shared)
      void shared.done.then((whole) => {
        if (underWay.get(key) === shared) underWay.delete(key)
        const maxAge = maxAgeOf(endpoint)
        // What it says of the rate limit was true of one moment.
        if (whole?.status === 200 && maxAge > 0) kept.set(key, { ...whole, headers: SAFE_HEADERS }, { ttl: maxAge })
      })
      return { shared, from: 'upstream' }
    },
  }
}
