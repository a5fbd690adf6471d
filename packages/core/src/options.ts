import type { Api } from './api.ts'
import type { AttemptRecord, ErrorCode } from './errors/base.ts'
import type { KeySource } from './secret.ts'

/** Retry policy. */
export interface RetryOptions {
  /** Retries after the first attempt. @default 3 */
  readonly maxRetries?: number | undefined
  /** The upper bound of the first delay, ms; doubles with each retry. @default 500 */
  readonly baseDelay?: number | undefined
  /** The upper bound of every delay, ms. @default 8_000 */
  readonly maxDelay?: number | undefined
  /** The longest wait that the API may ask for, ms. A longer one fails the call at once, with `retryAfter` set. @default 60_000 */
  readonly maxRetryAfter?: number | undefined
  /** Retries the whole client may spend: each takes 1, each success gives `refill` back. @default `{ capacity: 50, refill: 0.1 }` */
  readonly budget?:
    | {
        readonly capacity?: number | undefined
        readonly refill?: number | undefined
      }
    | undefined
}

/** What happened in a call. Never holds the key, a body or a query. */
export interface Event {
  /**
   * `request`: an attempt begins. `response`: an answer arrived. `retry`: it will be tried again after `waitMs`.
   * `wait`: the call waits its turn (rate limit, concurrency). `error`: the call failed.
   */
  readonly type: 'request' | 'response' | 'retry' | 'wait' | 'error'
  /** Epoch ms. */
  readonly at: number
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly method: string
  /** Path without the query. */
  readonly path: string
  readonly status?: number
  readonly waitMs?: number
  /** An error code for `retry` and `error`; `rate_limit` or `concurrency` for `wait`. */
  readonly reason?: ErrorCode | 'rate_limit' | 'concurrency'
}

/** Observers, by event type. They cannot change a call; what they throw is ignored. */
export type Hooks = {
  readonly [Type in Event['type']]?: ((event: Event) => void) | undefined
}

/** Clock and randomness; each part is replaceable alone. */
export interface Runtime {
  /** Epoch ms. */
  now(): number
  /** Waits `ms`; used for backoff, gate and polls. Rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `fn` after `ms` unless the returned function is called first; used for timeout and deadline. */
  setTimer(ms: number, fn: () => void): () => void
  /** A number in [0, 1). */
  random(): number
}

/** Anything with the shape of `fetch`. It must send one request and not follow redirects when `redirect` is `manual`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Options of one call. */
export interface CallOptions {
  /** Ends the call with `AbortError`, wherever it is. */
  readonly signal?: AbortSignal | undefined
  /** Time of one attempt, from asking for the key to the last byte of the answer, ms. @default 30_000 */
  readonly timeout?: number | undefined
  /** Time of the whole call: waits, attempts, backoff, ms. @default 120_000 */
  readonly deadline?: number | undefined
  /** `false` for none, or a part of the policy. */
  readonly retry?: false | Omit<RetryOptions, 'budget'> | undefined
  /** Extra headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Check the answer against the contract. @default true */
  readonly validate?: boolean | undefined
}

/** Options of a client. */
export interface ClientOptions<A extends Api = Api> extends Omit<CallOptions, 'signal' | 'retry'> {
  /**
   * The key, or a function that is asked for it before each attempt (cache it there if it is dear). After a 401 it is asked
   * once more with `rejected: true`, and a different answer is tried once. `null` sends no key.
   * @default the adapter's environment
   */
  readonly apiKey?: KeySource | null | undefined
  /** @default the OneBalance contract */
  readonly api?: A | undefined
  /** Origin plus optional path prefix. `https:` only; see `allowInsecureLoopback`. @default the environment's, else the contract's */
  readonly baseURL?: string | URL | undefined
  /** Permits `http:` to `localhost`, `127.0.0.0/8` and `[::1]`, and to nothing else. @default false */
  readonly allowInsecureLoopback?: boolean | undefined
  /** The largest answer, in bytes after decompression. @default 16_777_216 */
  readonly maxResponseBytes?: number | undefined
  /** `false` for none, or a part of the policy. */
  readonly retry?: false | RetryOptions | undefined
  /** Requests in flight at once; the rest wait in order. @default no limit */
  readonly maxConcurrent?: number | undefined
  /** Certificate authorities to trust instead of the system's, PEM. Only with an adapter that can. */
  readonly ca?: string | readonly string[] | undefined
  /** Sends the requests instead of the adapter's transport. */
  readonly fetch?: Fetch | undefined
  /** Replaces the `User-Agent`. Browsers keep their own. */
  readonly userAgent?: string | undefined
  readonly hooks?: Hooks | undefined
  /** A key in a page can be read by everybody who opens it; without this, a client with a key refuses to start there. @default false */
  readonly dangerouslyAllowBrowser?: boolean | undefined
  readonly runtime?: Partial<Runtime> | undefined
}

/** What came with an answer. */
export interface ResponseInfo {
  readonly status: number
  /** The answer's headers. The key is redacted if the API echoed it. */
  readonly headers: Headers
  /** The API's own id of the request (`x-request-id`). */
  readonly requestId: string | undefined
  /** The tries that were made, in order. */
  readonly attempts: readonly AttemptRecord[]
  /** The whole call, ms. */
  readonly durationMs: number
}

/** What a call returns: the data, or the data and what came with it. */
export interface CallPromise<T> extends Promise<T> {
  /**
   * @example
   * const { data, response } = await ob.assets.list().withResponse()
   */
  withResponse(): Promise<{
    readonly data: T
    readonly response: ResponseInfo
  }>
}
