import type { GenericSchema } from 'valibot'
import type { Caller } from './caller.ts'
import { ConfigurationError } from './errors/classes.ts'

/**
 * Whether a request may be sent again when its fate is unclear.
 *
 * - `safe`: reads only (RFC 9110 section 9.2.1); retried.
 * - `idempotent`: computes and moves nothing, so a repetition costs only rate limit; retried.
 * - `once`: moves value; sent again only when it certainly never left this machine.
 */
export type RetryClass = 'safe' | 'idempotent' | 'once'

/** HTTP methods an endpoint can have. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One thing that is wrong with a value: where (dotted path, empty for the whole), and what. The value itself is never part of it. */
export interface Issue {
  readonly path: string
  readonly message: string
}

/** What a check before sending may look at beside the input. */
export interface CheckContext {
  /** The client's clock, epoch ms. */
  readonly now: number
}

/** What {@link endpoint} takes. `Input` and `Output` are inferred from the two schemas. */
export interface EndpointDefinition<Input, Output> {
  /** HTTP method. */
  readonly method: Method
  /** Path from the API's base, with a leading `/`; `{name}` is taken from the input and encoded. */
  readonly path: string
  /** One line on what the endpoint does, for generated documentation. */
  readonly summary?: string | undefined
  /** Checks the input before anything is sent. Without one, the endpoint takes any object or nothing. */
  readonly input?: GenericSchema<Input> | undefined
  /** Checks a 2xx answer. The object handed out is the one from `JSON.parse`, never the schema's own output. */
  readonly output: GenericSchema<Output>
  /** Whether the request may be sent twice. */
  readonly retry: RetryClass
  /** How long an answer may be served from a cache, in ms. Only proxies keep one. @default 0 */
  readonly maxAge?: number | undefined
  /** The answer is the same for every caller, so that a proxy may share it between them. @default false */
  readonly isPublic?: boolean | undefined
  /** A check of the input that a schema cannot express, such as one against the clock. Runs before anything is sent. */
  readonly check?: ((input: Input, context: CheckContext) => readonly Issue[] | undefined) | undefined
  /** Reads the quote that a request is about out of its input, for errors' `quoteId`. */
  readonly quoteId?: ((input: Input) => string | undefined) | undefined
  /** Reads a failure that the API reports inside a 2xx answer. A string makes the call fail with `ExecutionError`. */
  readonly failure?: ((output: Output) => string | undefined) | undefined
}

/** One operation of an API, as a value: what the client calls, the proxy allows, the sandbox serves and the docs print. */
export interface Endpoint<Input = never, Output = unknown> extends EndpointDefinition<Input, Output> {
  readonly kind: 'endpoint'
}

/** Any endpoint, whatever it takes and answers. */
// biome-ignore lint/suspicious/noExplicitAny: an endpoint is contravariant in its input and covariant in its output, so only `any` accepts all of them.
export type AnyEndpoint = Endpoint<any, any>

/**
 * A method of the client that is more than one request (polling, paging, a guarded execution), as a value:
 * `create` gets the client's caller and returns the method.
 */
export interface Flow<Method = unknown> {
  readonly kind: 'flow'
  /** The endpoints that the method calls. */
  readonly endpoints: readonly AnyEndpoint[]
  readonly create: (call: Caller) => Method
}

/** The endpoints of an API, grouped as the client's methods are: `{ assets: { list: listAssets } }` becomes `client.assets.list()`. */
export interface EndpointTree {
  readonly [name: string]: AnyEndpoint | Flow | EndpointTree
}

/** How an API's rate-limit headers are called and read. */
export interface RateHeaders {
  /** Requests allowed in a window. */
  readonly limit: string
  /** Requests left in the current window. */
  readonly remaining: string
  /** When the next request becomes possible. */
  readonly reset: string
  /** Seconds or milliseconds from now, or since the Unix epoch. */
  readonly resetUnit: 's' | 'ms' | 'epoch_s' | 'epoch_ms'
}

/** What an API said about a failure, in one shape whatever it sent. */
export interface ServerErrorBody {
  readonly error?: string | undefined
  readonly message?: string | undefined
  readonly code?: string | number | undefined
}

/** What {@link defineApi} takes. */
export interface ApiDefinition<Tree extends EndpointTree = EndpointTree> {
  /** The API's name as people write it; used in messages. */
  readonly name: string
  /** Where the API lives, `https:` and no trailing path that its endpoints already have. */
  readonly baseURL: string
  /** What all paths of the API begin with, such as `/api`: a `baseURL` that ends in it is refused, since it would be there twice. */
  readonly pathPrefix?: string | undefined
  /** The request header that carries the key, lower case. */
  readonly keyHeader: string
  /**
   * The environment variable that adapters read the key from. `<keyEnv>_FILE` names a file that holds it, and
   * `<PREFIX>_BASE_URL` (with `_API_KEY` cut off `keyEnv`) replaces `baseURL`.
   */
  readonly keyEnv: string
  /** Rate-limit headers, if the API has them. `Retry-After` is always understood. */
  readonly rateHeaders?: RateHeaders | undefined
  /** Reads the API's error body; without it, or where it returns `undefined`, `error`, `message` and `code` are taken where they are. */
  readonly readError?: ((body: unknown, status: number) => ServerErrorBody | undefined) | undefined
  /** What to do about a status, beside the general hints: for 401 the page where keys are made, for example. */
  readonly hints?: { readonly [status: number]: string } | undefined
  readonly endpoints: Tree
}

/** An HTTP API that is authenticated by a key in a header, as a value. Made by {@link defineApi}. */
export interface Api<Tree extends EndpointTree = EndpointTree> extends ApiDefinition<Tree> {
  readonly kind: 'api'
}

/**
 * Describes one operation of an API.
 *
 * @example
 * const getItem = endpoint({
 *   method: 'GET',
 *   path: '/items/{id}',
 *   input: v.object({ id: v.string() }),
 *   output: v.looseObject({ name: v.string() }),
 *   retry: 'safe',
 * })
 * @throws {ConfigurationError} when the method, path or retry class cannot be used
 */
export function endpoint<Input = undefined, Output = unknown>(
  definition: EndpointDefinition<Input, Output>,
): Endpoint<Input, Output> {
  const { method, path, retry } = definition
  checkOneOf('endpoint: method', method, METHODS)
  if (!PATH_TEMPLATE.test(path))
    refuse('endpoint: path must start with one "/" and hold only unreserved characters and {name} parts')
  checkOneOf('endpoint: retry', retry, RETRY_CLASSES)
  return Object.freeze({ ...definition, kind: 'endpoint' as const })
}

/** Makes a client method out of several requests. See {@link Flow}. */
export function flow<Method>(endpoints: readonly AnyEndpoint[], create: (call: Caller) => Method): Flow<Method> {
  return Object.freeze({ kind: 'flow' as const, endpoints, create })
}

/**
 * Describes an HTTP API that is authenticated by a key in a header. The client, the proxy and the documentation read this value.
 *
 * @throws {ConfigurationError} when a name is missing or collides with a method that every client has
 */
export function defineApi<const Tree extends EndpointTree>(definition: ApiDefinition<Tree>): Api<Tree> {
  for (const field of ['name', 'baseURL', 'keyHeader', 'keyEnv'] as const) {
    if (typeof definition[field] !== 'string' || definition[field] === '')
      refuse(`defineApi: ${field} must be a non-empty string`)
  }
  if (!HEADER_NAME.test(definition.keyHeader)) refuse('defineApi: keyHeader must be a header name')
  for (const reserved of ['request', 'close']) {
    if (Object.hasOwn(definition.endpoints, reserved))
      refuse(`defineApi: "${reserved}" is a method of every client; use another name`)
  }
  return Object.freeze({
    ...definition,
    keyHeader: definition.keyHeader.toLowerCase(),
    kind: 'api' as const,
  })
}

/** Every endpoint of an API with its place in the client, such as `quotes.create`. A flow's endpoints come under the flow's name. */
export function listEndpoints(api: Api): { readonly name: string; readonly endpoint: AnyEndpoint }[] {
  const found = new Map<AnyEndpoint, string>()
  const walk = (node: EndpointTree, prefix: string): void => {
    for (const [key, value] of Object.entries(node)) {
      const name = prefix + key
      if (isEndpoint(value)) found.set(value, name)
      else if (isFlow(value)) {
        for (const part of value.endpoints) if (!found.has(part)) found.set(part, name)
      } else walk(value, `${name}.`)
    }
  }
  walk(api.endpoints, '')
  return [...found].map(([endpoint, name]) => ({ name, endpoint }))
}

/** Whether a value was made by {@link endpoint}. */
export function isEndpoint(value: unknown): value is AnyEndpoint {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'endpoint'
}

/** Whether a value was made by {@link flow}. */
export function isFlow(value: unknown): value is Flow {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'flow'
}

/** @throws {ConfigurationError} for a value that is not on the list */
export function checkOneOf(what: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) refuse(`${what} must be one of ${known.join(', ')}`)
}

function refuse(message: string): never {
  throw new ConfigurationError({ message })
}

/** Values of {@link Method}. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
/** Values of {@link RetryClass}. */
export const RETRY_CLASSES: readonly string[] = ['safe', 'idempotent', 'once']
/** A header's name (RFC 9110, section 5.1). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i
const PATH_TEMPLATE = /^(?:\/(?!\.{1,2}(?:\/|$))(?:[\w.~!$&'()*+,;=:@-]|\{\w+\})+)+\/?$/
