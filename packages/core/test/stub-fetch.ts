import { object } from 'valibot'
import { defineApi, endpoint } from '../src/api.ts'
import { type Caller, createCaller } from '../src/caller.ts'
import type { ClientOptions, Event, Fetch, Runtime } from '../src/options.ts'
import type { SimulatedOutcome } from '../src/retry/simulate.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

export const KEY = 'test-key-0123456789abcdef'

export const getThing = endpoint({ method: 'GET', path: '/thing', output: object({}), retry: 'safe' })
export const computeThing = endpoint({ method: 'POST', path: '/compute', output: object({}), retry: 'idempotent' })
export const moveThing = endpoint({ method: 'POST', path: '/move', output: object({}), retry: 'once' })
/** One endpoint of each retry class. */
export const ENDPOINTS = { safe: getThing, idempotent: computeThing, once: moveThing } as const

/** An API with rate headers in epoch seconds, as OneBalance has them. */
export const thingApi = defineApi({
  name: 'Things',
  baseURL: 'https://things.example',
  keyHeader: 'x-api-key',
  keyEnv: 'THINGS_API_KEY',
  rateHeaders: {
    limit: 'x-ratelimit-limit',
    remaining: 'x-ratelimit-remaining',
    reset: 'x-ratelimit-reset',
    resetUnit: 'epoch_s',
  },
  endpoints: { thing: getThing, compute: computeThing, move: moveThing },
})

/** A request as the stub saw it. */
export interface Delivery {
  readonly url: string
  readonly at: number
  readonly init: RequestInit
}

/** What the stub does: a simulated outcome (with a body if need be), a failure of the network by its code, or silence. */
export type StubOutcome = (SimulatedOutcome & { readonly body?: string }) | { readonly code: string } | 'silence'

/** A `fetch` on a virtual clock that answers what it is told, and ends when its signal does, as a real one. */
export function createStubFetch(
  clock: VirtualClock,
  answer: (delivery: Delivery, index: number) => StubOutcome,
): { readonly fetch: Fetch; readonly deliveries: Delivery[] } {
  const deliveries: Delivery[] = []
  return {
    deliveries,
    fetch: (url, init) =>
      new Promise((resolve, reject) => {
        const delivery = { url, at: clock.now(), init }
        const outcome = answer(delivery, deliveries.push(delivery) - 1)
        const { signal } = init
        const onAbort = (): void => {
          cancel()
          reject(signal?.reason)
        }
        const later = (ms: number, fn: () => void): (() => void) => {
          if (ms === 0) {
            fn()
            return () => {}
          }
          signal?.addEventListener('abort', onAbort, { once: true })
          return clock.runtime.setTimer(ms, () => {
            signal?.removeEventListener('abort', onAbort)
            fn()
          })
        }
        let cancel = (): void => {}
        if (outcome === 'silence') signal?.addEventListener('abort', onAbort, { once: true })
        else if ('code' in outcome) reject(failure(outcome.code))
        else if ('network' in outcome) {
          if (outcome.network === 'body') resolve(cutAnswer())
          else reject(failure(outcome.network === 'connect' ? 'ECONNREFUSED' : 'ECONNRESET'))
        } else {
          const { status, headers = {}, latency = 0, body = '{}' } = outcome
          cancel = later(latency, () => resolve(toResponse(status, headers, body)))
        }
      }),
  }
}

const NULL_BODY = new Set([204, 205, 304])

function toResponse(status: number, headers: Readonly<Record<string, string>>, body: string): Response {
  return new Response(NULL_BODY.has(status) ? null : body, { status, headers: { ...headers } })
}

function failure(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`failed: ${code}`), { code }) })
}

function cutAnswer(): Response {
  const body = new ReadableStream({
    pull(controller) {
      controller.error(failure('ECONNRESET'))
    },
  })
  return new Response(body, { status: 200 })
}

/** What {@link setUp} gives. */
export interface Setup {
  readonly clock: VirtualClock
  readonly call: Caller
  readonly events: Event[]
  readonly deliveries: Delivery[]
}

/** A caller on a virtual clock with a stub `fetch`; `answer` may be the list of outcomes, whose last one repeats. */
export function setUp(
  answer: readonly StubOutcome[] | ((delivery: Delivery, index: number) => StubOutcome),
  {
    clock = createVirtualClock(),
    random = () => 0.5,
    ...options
  }: ClientOptions & { readonly clock?: VirtualClock; readonly random?: Runtime['random'] } = {},
): Setup {
  const choose = answer as (delivery: Delivery, index: number) => StubOutcome
  const stub = createStubFetch(
    clock,
    typeof answer === 'function' ? choose : (_, index) => answer[Math.min(index, answer.length - 1)] as StubOutcome,
  )
  const events: Event[] = []
  const note = (event: Event): void => void events.push(event)
  const call = createCaller({
    api: thingApi,
    apiKey: KEY,
    fetch: stub.fetch,
    runtime: { ...clock.runtime, random },
    hooks: { request: note, response: note, retry: note, wait: note, error: note },
    ...options,
  })
  return { clock, call, events, deliveries: stub.deliveries }
}
