import type { Api } from './api.ts'
import type { OneBalanceError } from './errors/base.ts'
import { ConfigurationError } from './errors/classes.ts'
import type { ClientOptions, Event, Fetch } from './options.ts'
import type { KeyFunction } from './secret.ts'

/**
 * What a runtime adds to the engine, as a value. The adapters `@ob/node`, `@ob/deno` and `@ob/bun` are one each, and are all that
 * differs between them.
 */
export interface Adapter {
  /** Ends up in the `User-Agent`, such as `node`. */
  readonly name: string
  /** Makes the transport of one client. Called once, at creation; loads what is heavy on the first request. */
  createTransport(options: ClientOptions): Transport
  /** Where the key comes from when the user gives none. Asked at the first call, not at creation. */
  keySource?(api: Api): KeyFunction
  /** The base URL from the environment, if it is set there. */
  baseURL?(api: Api): string | undefined
  /** Runs before each attempt, before the key is asked; throws a `ConfigurationError` to refuse it. */
  guard?(url: string): void
  /** Whether an answer with an error status leaves open what became of the request, as that of a proxy which lost the API's answer. */
  hidesOutcome?(error: OneBalanceError): boolean
  /** Gets every event beside the user's hooks. */
  readonly onEvent?: ((event: Event) => void) | undefined
}

/** Sends requests: a `fetch`, and how to end it. */
export interface Transport {
  readonly fetch: Fetch
  /**
   * The transport calls `init[REQUEST_START]` when it has a connection and begins to write the request. Until then nothing has
   * left this machine, which is the proof that a failed request may be sent again.
   * @default false
   */
  readonly reportsStart?: boolean | undefined
  /**
   * The transport is made for the engine: it sends a request once whatever its body is; it takes `init[REQUEST_STOP]` in place of a
   * signal, and rejects at once when it is told to stop. Its answers may be {@link WholeBody}.
   * @default false
   */
  readonly isNative?: boolean | undefined
  /**
   * A body that came with `content-length`, and with neither a content nor a transfer coding, is never longer than that, an error where
   * it is shorter, and gone at once when the signal aborts. It is then read by one promise. Not so in a page, which does not see every
   * header.
   * @default false
   */
  readonly isFramed?: boolean | undefined
  /** What request headers are, for ofetch. @default the platform's `Headers` */
  readonly Headers?: typeof globalThis.Headers | undefined
  /** Closes its connections. */
  close?(): Promise<void>
}

/** The key of the callback in `init` that a transport with `reportsStart` calls. */
export const REQUEST_START: unique symbol = Symbol.for('onebalance.requestStart') as never
/** The key of the function in `init` that a native transport gives what ends the request. */
export const REQUEST_STOP: unique symbol = Symbol.for('onebalance.requestStop') as never

/** What `init` holds for a transport with `reportsStart`, and for a native one. */
export interface RequestControl {
  readonly [REQUEST_START]?: (() => void) | undefined
  readonly [REQUEST_STOP]?: ((stop: (reason: unknown) => void) => void) | undefined
}

/** Why a body could not be read whole. */
export type BodyFailure =
  | { readonly kind: 'cut'; readonly cause: unknown }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'unreadable'; readonly problem: string }

/** A body's pieces, as far as they came. */
export interface CollectedBody {
  readonly chunks: readonly Uint8Array[]
  readonly failure?: BodyFailure
}

/** An answer of a native transport whose body can be had by one promise. */
export interface WholeBody {
  /** Never rejects. Past `maxBytes` the connection is dropped. */
  collect(maxBytes: number): Promise<CollectedBody>
}

/** The adapter of a runtime that is not known: its global `fetch`, and no environment. */
export const webAdapter: Adapter = /* @__PURE__ */ Object.freeze({
  name: 'web',
  createTransport({ ca }: ClientOptions) {
    if (ca !== undefined)
      throw new ConfigurationError({
        message: 'ca: the global fetch takes none. Use @ob/node, @ob/deno or @ob/bun',
      })
    return {
      fetch: (url: string, init: RequestInit) => globalThis.fetch(url, init),
    }
  },
})
