import {
  type AnyEndpoint,
  checkOneOf,
  type Issue,
  METHODS,
  type Method,
  RETRY_CLASSES,
  type RetryClass,
} from './api.ts'
import { findIssues } from './conforms.ts'
import { InputError } from './errors/classes.ts'
import { checkPath, type SecureBase } from './secure-url.ts'

/** A request that is ready to send: everything about the input has been checked and is now text. */
export interface Plan {
  readonly method: Method
  /** Path on the API, without prefix and query; safe to show. */
  readonly path: string
  readonly url: string
  readonly body: string | undefined
  readonly retryClass: RetryClass
  readonly endpoint: AnyEndpoint | undefined
  readonly quoteId: string | undefined
}

/** The largest request body, bytes: far above any quote, and below what would be a mistake. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024

/**
 * Turns an endpoint and its input into a request.
 *
 * @throws {InputError} when the input does not fit, with the path of each wrong field
 */
export function planEndpoint(base: SecureBase, endpoint: AnyEndpoint, given: unknown, now: number): Plan {
  const { method, retry: retryClass } = endpoint
  // Nothing counts as an empty object: where every field is optional it fits, elsewhere the message names the missing field.
  const input = given === undefined && endpoint.input ? {} : given
  const fail = (issues: readonly Issue[]): never => {
    throw inputError(method, endpoint.path, issues)
  }
  if (endpoint.input) {
    const misfits = findIssues(endpoint.input, input)
    if (misfits) fail(misfits)
  } else if (input !== undefined && (typeof input !== 'object' || input === null)) {
    fail([{ path: '', message: 'must be an object or undefined' }])
  }
  const issues = endpoint.check?.(input, { now })
  if (issues && issues.length > 0) fail(issues)

  let { path } = endpoint
  let rest = input
  if (path.includes('{')) {
    const fields = (input ?? {}) as Record<string, unknown>
    const names = new Set<string>()
    path = path.replace(/\{(\w+)\}/g, (_, name: string) => {
      names.add(name)
      return encodeSegment(name, fields[name], fail)
    })
    rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)))
  }
  const isRead = READS.includes(method)
  return {
    method,
    path,
    url: base.origin + base.prefix + path + (isRead ? encodeQuery(rest, fail) : ''),
    body: isRead ? undefined : encodeBody(rest, fail),
    retryClass,
    endpoint,
    quoteId: endpoint.quoteId?.(input),
  }
}

/** What `client.request()` takes beside method and path. */
export interface RawRequest {
  /** Appended as `?a=1&b=2,3`; arrays are joined by commas, `undefined` is left out. */
  readonly query?: Readonly<Record<string, unknown>> | undefined
  /** Sent as JSON. */
  readonly body?: unknown
  /** @default `safe` for GET and HEAD, `once` for all else */
  readonly retryClass?: RetryClass | undefined
}

/**
 * Turns a method and a path into a request.
 *
 * @throws {InsecureUrlError} when the path could lead elsewhere
 * @throws {InputError} when query or body cannot be sent
 */
export function planRaw(base: SecureBase, method: string, path: string, request: RawRequest): Plan {
  checkOneOf('request: method', method, METHODS)
  checkPath(path)
  const isRead = READS.includes(method)
  const { query, body, retryClass = isRead ? 'safe' : 'once' } = request
  checkOneOf('request: retryClass', retryClass, RETRY_CLASSES)
  const fail = (issues: readonly Issue[]): never => {
    throw inputError(method, path, issues)
  }
  if (isRead && body !== undefined) fail([{ path: 'body', message: `a ${method} request has none; use query` }])
  return {
    method: method as Method,
    path,
    url: base.origin + base.prefix + path + encodeQuery(query, fail),
    body: encodeBody(body, fail),
    retryClass,
    endpoint: undefined,
    quoteId: undefined,
  }
}

const READS: readonly string[] = ['GET', 'HEAD']

type Fail = (issues: readonly Issue[]) => never

function inputError(method: string, path: string, issues: readonly Issue[]): InputError {
  const list = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  return new InputError({
    method,
    path,
    message: `${method} ${path}: the input does not fit: ${list}`,
    hint: 'Correct the fields named in `issues`.',
    issues,
  })
}

function encodeSegment(name: string, value: unknown, fail: Fail): string {
  if (typeof value !== 'string' && typeof value !== 'number')
    fail([{ path: name, message: 'is part of the path and must be a string' }])
  const text = String(value)
  if (text === '' || text === '.' || text === '..' || /\p{Cc}/u.test(text))
    fail([
      {
        path: name,
        message: 'is part of the path and must not be empty, "." or "..", or hold control characters',
      },
    ])
  if (!isWellFormed(text)) fail([{ path: name, message: 'is not well-formed Unicode' }])
  return encodeURIComponent(text)
}

function encodeQuery(query: unknown, fail: Fail): string {
  if (query === undefined) return ''
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    const parts: unknown[] = Array.isArray(value) ? value : [value]
    const isScalar = (part: unknown) =>
      typeof part === 'string' || typeof part === 'boolean' || typeof part === 'bigint' || Number.isFinite(part)
    if (!parts.every(isScalar))
      fail([
        {
          path: name,
          message: 'must be a string, a finite number, a boolean, or a list of them',
        },
      ])
    if (!parts.every((part) => isWellFormed(String(part))))
      fail([{ path: name, message: 'is not well-formed Unicode' }])
    parameters.append(name, parts.join(','))
  }
  const text = parameters.toString()
  return text && `?${text}`
}

function encodeBody(value: unknown, fail: Fail): string | undefined {
  if (value === undefined) return undefined
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    const problem = /bigint/i.test(String(error))
      ? 'a BigInt is not JSON; give the amount as a decimal string'
      : 'cannot be written as JSON (a cycle, or a toJSON that throws)'
    fail([{ path: '', message: problem }])
  }
  if (text === undefined) fail([{ path: '', message: 'cannot be written as JSON' }])
  // A character takes 3 bytes at most.
  if (text.length > MAX_REQUEST_BYTES / 3 && byteLength(text) > MAX_REQUEST_BYTES)
    fail([{ path: '', message: `is larger than ${MAX_REQUEST_BYTES} bytes` }])
  return text
}

/** UTF-8 bytes of a text. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

/** Whether a text has no lone surrogates, which cannot be sent as UTF-8. */
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text)
}
