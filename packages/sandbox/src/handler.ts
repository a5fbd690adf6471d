import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { safeParse } from 'valibot'
import type { Clock } from './clock.ts'
import type { Fault, FaultQueue } from './faults.ts'
import { checkScope, fingerprint, type KeyStore, type KnownKey } from './keys.ts'
import { invalid, Problem } from './problem.ts'
import { createRateLimiter } from './rate-limit.ts'
import type { Route } from './routes.ts'
import { ENDPOINTS, findEndpoint, findMethods } from './served-endpoints.ts'
import type { Json } from './state/quotes.ts'
import type { Wire } from './wire.ts'

/** One request that arrived. */
export interface RequestLogEntry {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** The endpoint's value, such as `listAssets`. */
  readonly endpoint?: string
  /** First 8 hexadecimal digits of the key's SHA-256; never the key. */
  readonly keyFingerprint?: string
  /** The status that was answered; absent while, and where, none was. */
  readonly status?: number
  /** Epoch ms on the sandbox's clock. */
  readonly at: number
}

/** What became of a request's key and limit. */
interface Admission {
  readonly known?: KnownKey
  readonly headers: Readonly<Record<string, string>>
  readonly release?: () => void
  readonly problem?: unknown
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The largest request body, bytes. */
const MAX_BODY_BYTES = 1024 * 1024
const OVERSIZE_BYTES = 200_000_000

/** Makes the listener of the HTTP server: log, fault, key, limit, route, scope, input, in this order. */
export function createHandler(parts: {
  readonly clock: Clock
  readonly keyStore: KeyStore
  readonly faults: FaultQueue
  readonly routes: Readonly<Record<string, Route>>
  readonly settle: () => void
  readonly requests: RequestLogEntry[]
}) {
  const { clock, keyStore, faults, routes, settle, requests } = parts
  const limiter = createRateLimiter(clock)

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET' } = request
    const wire = request.socket as unknown as Wire
    const url = new URL(`http://sandbox${request.url?.startsWith('/') ? request.url : '/'}`)
    const name = findEndpoint(method, url.pathname)
    const key = request.headers['x-api-key']
    const entry: { -readonly [Name in keyof RequestLogEntry]: RequestLogEntry[Name] } = {
      method,
      path: url.pathname,
      ...(name && { endpoint: name }),
      ...(typeof key === 'string' && { keyFingerprint: fingerprint(key) }),
      at: clock.now(),
    }
    requests.push(entry)
    response.on('finish', () => wire.endExchange())
    const fault = wire.isRequestCut ? {} : (faults.take(name) ?? {})
    if (fault.cutAfterRequestBytes !== undefined) wire.cutRequest(fault.cutAfterRequestBytes)
    const body = await readBody(request)
    // A request that is shorter than its cut ends here.
    if (wire.isRequestCut) return void request.socket.destroy()
    if (body === undefined) return
    const admission = admit(typeof key === 'string' ? key : undefined)
    if (admission.release) response.once('close', admission.release)
    if (fault.latency) await wait(fault.latency, undefined, { ref: false })
    if (fault.reset === 'before') return wire.reset()

    const isReplaced =
      fault.status !== undefined || fault.body !== undefined || fault.redirect !== undefined || fault.oversize
    const reply =
      isReplaced && fault.reset !== 'after' ? replacement(fault) : process(method, url, name, admission, body)
    if (fault.reset === 'after') return wire.reset()
    if (fault.stall === 'head') return
    entry.status = reply.status
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      date: new Date(clock.now()).toUTCString(),
      'x-request-id': randomUUID(),
      ...reply.headers,
      ...fault.headers,
    }
    if (fault.cutAfterResponseBytes !== undefined) wire.cutResponse(fault.cutAfterResponseBytes)
    if (fault.oversize)
      return void sendOversize(response, headers, fault.oversize === true ? OVERSIZE_BYTES : fault.oversize)
    const bytes = Buffer.from(reply.body)
    response.writeHead(reply.status, { 'content-length': bytes.length, ...headers })
    if (fault.stall === 'body') {
      response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)))
      return
    }
    response.end(method === 'HEAD' ? undefined : bytes)
  }

  /** Key and limit. A place is held until the answer has left. */
  function admit(key: string | undefined): Admission {
    try {
      const known = keyStore.authenticate(key)
      return { known, ...limiter.admit(known) }
    } catch (problem) {
      return { problem, headers: {} }
    }
  }

  function process(method: string, url: URL, name: string | undefined, admission: Admission, body: string): Reply {
    const { known, headers } = admission
    try {
      if (!known) throw admission.problem
      settle()
      const endpoint = name && ENDPOINTS.get(name)
      if (!endpoint) {
        const allow = findMethods(url.pathname).join(', ')
        throw allow
          ? new Problem(405, 'MethodNotAllowedException', `Cannot ${method} ${url.pathname}`, { allow })
          : new Problem(404, 'NotFoundException', `Cannot ${method} ${url.pathname}`)
      }
      checkScope(known, endpoint)
      const input = endpoint.method === 'GET' ? readQuery(url) : parseBody(body)
      if (endpoint.input) {
        const checked = safeParse(endpoint.input, input)
        if (!checked.success)
          throw invalid(
            `Validation error: ${checked.issues[0].message} at "${checked.issues[0].path?.map((item) => item.key).join('.') ?? ''}"`,
          )
      }
      const { status = 200, body: answer } = (routes[name] as Route)(input)
      return { status, headers, body: JSON.stringify(answer) }
    } catch (cause) {
      // Anything else is a bug of the sandbox: it is answered, since a throw here would end the host's process.
      const problem = cause instanceof Problem ? cause : new Problem(500, 'InternalServerErrorException', String(cause))
      const { status, error, message } = problem
      const body = error
        ? { error, message, statusCode: status, timestamp: new Date(clock.now()).toISOString(), path: url.pathname }
        : { message, statusCode: status }
      return { status, headers: { ...headers, ...problem.headers }, body: JSON.stringify(body) }
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return bytes > MAX_BODY_BYTES ? OVER_LIMIT : Buffer.concat(chunks).toString('utf8')
}

/** Stands for a body that was not kept. */
const OVER_LIMIT = '\u0000'

/** The query as the contract's inputs have it: `limit` is their only number. */
function readQuery({ searchParams }: URL): Json {
  const { limit, ...rest } = Object.fromEntries(searchParams)
  return { ...rest, ...(limit !== undefined && { limit: Number(limit) }) }
}

function parseBody(text: string): Json {
  if (text === OVER_LIMIT) throw new Problem(413, 'PayloadTooLargeException', 'request entity too large')
  try {
    const body = JSON.parse(text) as unknown
    if (typeof body === 'object' && body !== null) return body as Json
  } catch {
    // Answered below.
  }
  throw invalid('Validation error: the body must be a JSON object')
}

function replacement({ status = 200, body, redirect }: Fault): Reply {
  if (redirect !== undefined)
    return { status: status === 200 ? 302 : status, headers: { location: redirect }, body: '' }
  const text =
    typeof body === 'string'
      ? body
      : body === undefined
        ? JSON.stringify({ error: 'Fault', message: 'A fault was set', statusCode: status })
        : JSON.stringify(body)
  return { status, headers: {}, body: text }
}

/** A JSON string of so many bytes, written as fast as it is read. */
function sendOversize(response: ServerResponse, headers: Record<string, string>, bytes: number): void {
  const chunk = Buffer.alloc(65_536, 'a')
  function* text(): Generator<string | Buffer> {
    yield '"'
    for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length))
    yield '"'
  }
  response.writeHead(200, headers)
  pipeline(Readable.from(text()), response, () => {})
}
