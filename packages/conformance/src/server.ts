/** How the fault server answers one request. */
export interface Step {
  /** @default 200 */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Text, or bytes in base64. @default '[]' */
  readonly body?: string | { readonly base64: string }
  /** So many spaces in place of `body`. */
  readonly spaces?: number
  /** Compresses the body, first one first, and names them in `content-encoding`. */
  readonly encodings?: readonly ('gzip' | 'br' | 'deflate')[]
  /** The whole answer as it goes over the wire, in place of everything above. */
  readonly raw?: string
  /** A `content-length` that need not be true. */
  readonly length?: number
  /** @default 'length' */
  readonly framing?: 'length' | 'chunked' | 'close'
  /** Waits before the answer, ms. */
  readonly latency?: number
  /** Says nothing at all, and closes. */
  readonly silent?: true
  /** Never says anything, or nothing after the body that was given. */
  readonly stall?: 'head' | 'body'
  /** Closes after so many bytes of the body. */
  readonly cutAt?: number
  /** One byte of the body every so many ms. */
  readonly drip?: number
  /** Spaces without end, for as long as the client takes them. */
  readonly endless?: true
  /** How the connection ends after the answer. @default 'keep', unless it was cut or silent */
  readonly end?: 'keep' | 'close' | 'reset'
}

/** What to open: see parent/fault-server.mjs. */
export interface ServerOptions {
  /** @default 'tls' */
  readonly kind?: 'tls' | 'http' | 'closed' | 'reset' | 'silent'
  /** @default 'good' */
  readonly certificate?: 'good' | 'expired' | 'misnamed' | 'selfSigned' | 'stranger'
  /** One for each request; the last one answers all others. */
  readonly steps?: readonly Step[]
  /** In a page: how the proxy's answers go wrong on their way back, one for each; the others arrive. */
  readonly wayBack?: readonly WayBack[]
}

/**
 * What becomes of a proxy's answer: nothing, or the connection closes or is reset in its place, or a 408 or 421 comes in its place, or
 * half of a 200. `-early`: before the API has answered the proxy.
 */
export type WayBack = 'fine' | 'fin' | 'rst' | '408' | '421' | 'half' | 'fin-early' | 'rst-early'

/** One request as the server read it, whole. */
export interface Delivery {
  readonly method: string
  readonly target: string
  /** As they came: name as written, value, in order, repeated ones each. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  /** Number of the connection, from 1. */
  readonly connection: number
  /** Place on its connection, from 0: anything else came on a connection that was used again. */
  readonly index: number
}

/** What a server has seen so far. */
export interface ServerLog {
  /** Connections that got through TLS (for `reset` and `silent`: through TCP). */
  readonly connections: number
  /** Numbers of those that are not closed (of `tls` and `http` only). */
  readonly open: readonly number[]
  readonly deliveries: readonly Delivery[]
  /** Connections that ended in the middle of a request. */
  readonly unfinished: number
  /** In a page: requests that arrived at the proxy. */
  readonly arrivals?: number
}

/** A server of the parent process, for one case. */
export interface Server {
  /** What a client is given: `origin`, or in a page the proxy before it. */
  readonly url: string
  /** Where it is: `https://localhost:<port>`, or `http://127.0.0.1:<port>` of a plain one. */
  readonly origin: string
  readonly port: number
  log(): Promise<ServerLog>
}

/** The values of a header in a delivery, whatever the case of its name. */
export function headerValues(delivery: Delivery | undefined, name: string): string[] {
  return (delivery?.headers ?? []).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}
