import type { AnyEndpoint } from '@ob/core'
import type { Stop } from '@ob/core/engine'
import { LRUCache } from 'lru-cache'
import { memoryOf, type ProxyAnswer } from './exchange.ts'
import { SAFE_HEADERS } from './problem.ts'
import { type SharedAnswer, shareAnswer, type UpstreamAnswer } from './shared-answer.ts'

/** Answers to reads: one request upstream for equal ones at once, and a short time in which the answer is given again. */
export interface AnswerCache {
  /** `key` holds all that the answer depends on. */
  get(
    key: string,
    endpoint: AnyEndpoint,
    start: (signal: Stop | undefined) => Promise<UpstreamAnswer>,
  ):
    | { readonly from: 'cache'; readonly answer: ProxyAnswer }
    | { readonly from: 'upstream' | 'joined'; readonly shared: SharedAnswer }
}

/** All that is kept, bytes and answers. */
const MAX_BYTES = 32 * 1_048_576
const MAX_ANSWERS = 1_000

/** Makes the cache of a process. */
export function createAnswerCache(maxAgeOf: (endpoint: AnyEndpoint) => number, now: () => number): AnswerCache {
  // An old table of a Map keeps what it held until the next full collection of garbage, so that must be little once it is over.
  const underWay = new Map<string, { shared: SharedAnswer | undefined }>()
  const kept = new LRUCache<string, ProxyAnswer>({
    max: MAX_ANSWERS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }) => memoryOf(body) + 512,
    // A moment at the creation could be 0, which the cache reads as "no time".
    perf: { now: () => now() + 1 },
    ttlResolution: 0,
  })
  return {
    get(key, endpoint, start) {
      const answer = kept.get(key)
      if (answer) return { from: 'cache', answer }
      const current = underWay.get(key)?.shared
      if (current?.isWhole) return { shared: current, from: 'joined' }
      const shared = shareAnswer(start, true)
      const entry: { shared: SharedAnswer | undefined } = { shared }
      underWay.set(key, entry)
      void shared.done.then((whole) => {
        entry.shared = undefined
        if (underWay.get(key) === entry) underWay.delete(key)
        const maxAge = maxAgeOf(endpoint)
        if (!whole || maxAge <= 0) return
        const { status, body } = whole()
        // What it says of the rate limit was true of one moment.
        if (status === 200) kept.set(key, { status, body, headers: SAFE_HEADERS }, { ttl: maxAge })
      })
      return { shared, from: 'upstream' }
    },
  }
}
