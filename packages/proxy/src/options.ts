import type { AnyEndpoint, Api, ClientOptions } from '@ob/core'
import type { RedisClient } from './shared-store.ts'
import type { Usage } from './usage.ts'

/** Who sends a request, as far as the proxy cares. */
export interface ProxyCaller {
  /** What limits, call ids and private answers are kept by: an account or a session, never shared between people. */
  readonly id: string
}

/** What `authorize` may answer. `null`, `undefined` and `false`: 401. A `Response` is sent as it is. */
export type Authorization = ProxyCaller | Response | null | undefined | false

/** What is known of a request beside itself. */
export interface RequestInfo {
  /** The address of the peer of the connection, as the server of this runtime tells it. */
  readonly remoteAddress?: string | undefined
}

/** Any limiter of rate-limiter-flexible. */
export interface RateLimiter {
  consume(key: string): Promise<{ readonly msBeforeNext: number }>
}

/** Requests in a time. */
export interface RateLimit {
  /** Requests of one caller. @default 60 */
  readonly points?: number | undefined
  /** In this time, seconds. @default 60 */
  readonly duration?: number | undefined
}

/** Something that the operator should know of. Holds no key and no body. */
export interface LogEntry {
  readonly level: 'warn' | 'error'
  /** What happened, as a stable string. */
  readonly event: 'store_lost' | 'store_back' | 'authorize_failed' | 'upstream_auth' | 'configuration' | 'unexpected'
  readonly message: string
}

/** Options of {@link createProxy} and of `serveProxy`. Beside these, `apiKey`, `api`, `baseURL`, `ca`, `fetch`, … are as for a client. */
export interface ProxyOptions
  extends Pick<
    ClientOptions<Api>,
    | 'api'
    | 'apiKey'
    | 'baseURL'
    | 'allowInsecureLoopback'
    | 'ca'
    | 'fetch'
    | 'headers'
    | 'hooks'
    | 'maxResponseBytes'
    | 'runtime'
    | 'userAgent'
  > {
  /** Where the proxy is mounted: `/onebalance/api/assets/list` is the API's `/api/assets/list`. @default '/onebalance' */
  readonly prefix?: string | undefined
  /** The endpoints that may be called; everything else is 404. @default every `safe` endpoint of the API */
  readonly allow?: readonly AnyEndpoint[] | undefined
  /**
   * Tells who calls. Asked for each request, with its headers; the body is not there to be read. What it throws is logged and answered
   * by 503, as is no answer within 5 s (or `timeout`).
   */
  readonly authorize?: ((request: Request) => Authorization | Promise<Authorization>) | undefined
  /** Lets everybody in; callers are told apart by their address. Only this makes a proxy without `authorize`. @default false */
  readonly anonymous?: boolean | undefined
  /** The site's origin, such as `https://app.example`: needed behind a TLS terminator; any other Host is refused with 421. @default the request's own */
  readonly publicOrigin?: string | undefined
  /** More origins whose pages may call, exact. @default none */
  readonly origins?: readonly string[] | undefined
  /** The caller's address. The place to read X-Forwarded-For, if a proxy that you run sets it. @default `info.remoteAddress` */
  readonly clientAddress?: ((request: Request, info: RequestInfo) => string | undefined) | undefined
  /** Requests per caller, or a limiter of rate-limiter-flexible. @default 60 in 60 s, in memory, or in `store` */
  readonly rateLimit?: RateLimit | RateLimiter | undefined
  /** An ioredis or iovalkey client, where several proxies serve one site: they share limits, the gate after a 429 and call ids. */
  readonly store?: RedisClient | undefined
  /** What happens to a request while the store cannot be asked. `once` endpoints are always denied. @default 'deny' */
  readonly onStoreError?: 'deny' | 'allow' | undefined
  /** The largest request body, bytes. @default 262_144 */
  readonly maxBodyBytes?: number | undefined
  /** Time of one request upstream, and to receive one from a caller, ms. @default 30_000 */
  readonly timeout?: number | undefined
  /** Requests upstream at once; more are refused with 503. @default 256 */
  readonly maxConcurrent?: number | undefined
  /** `false`: nothing is kept; or how long the answers of an endpoint are, ms. @default the endpoint's `maxAge` */
  readonly cache?: false | ((endpoint: AnyEndpoint) => number) | undefined
  /** Counts requests. @default kept in memory */
  readonly usage?: Usage | undefined
  /** Gets what the operator should know of. @default one line on `console.warn` or `console.error` */
  readonly log?: ((entry: LogEntry) => void) | undefined
}
