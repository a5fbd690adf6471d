import { createFetch } from 'ofetch'
import {
  type Adapter,
  type BodyFailure,
  REQUEST_START,
  REQUEST_STOP,
  type RequestControl,
  type Transport,
} from './adapter.ts'
import type { Api } from './api.ts'
import { isOneBalanceError, type OneBalanceError } from './errors/base.ts'
import { AbortError, NetworkError, type NetworkPhase, ResponseError, TimeoutError } from './errors/classes.ts'
import { proveConnection } from './errors/never-connected.ts'
import { errorFromStatus, toLine } from './errors/normalize.ts'
import type { Abortable } from './on-abort.ts'
import type { Runtime } from './options.ts'
import { byteLength, type Plan } from './plan.ts'
import { collectBody, toBody } from './read-body.ts'
import type { Failure } from './retry/policy.ts'
import { type HeaderReader, type RateInfo, readRateInfo } from './retry/retry-after.ts'
import type { KeyRing } from './secret.ts'
import { checkFinalURL, type SecureBase } from './secure-url.ts'
import { limitTime, type TimeLimit } from './time-limit.ts'

/** What an attempt needs that is the same for every attempt of a client. */
export interface Wire {
  readonly api: Api
  readonly base: SecureBase
  readonly adapter: Adapter
  readonly transport: Transport
  readonly keys: KeyRing
  readonly runtime: Runtime
  readonly headers: Readonly<Record<string, string>>
  readonly maxResponseBytes: number
  readonly send: (url: string, init: RequestInit) => Promise<Response>
}

/** What is particular to one attempt. */
export interface AttemptOptions {
  readonly signal: Abortable | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
  /** Time for everything from the key to the last byte, ms. */
  readonly timeout: number
  /** Which of the user's limits `timeout` comes from. */
  readonly scope: 'attempt' | 'deadline'
  /** Takes a 2xx answer over when its head is there, and the time limit with it, which it has to end. */
  readonly openStream?:
    | ((response: Response, limit: TimeLimit, toError: (failure: BodyFailure) => OneBalanceError) => StreamedAnswer)
    | undefined
}

/** A complete 2xx answer; `text` holds no key. */
export interface Answer {
  readonly status: number
  readonly text: string
  /** A copy, without the key. */
  headers(): Headers
  requestId(): string | undefined
}

/** A 2xx answer whose body is still on its way; the attempt's time limit goes on until its end. */
export interface StreamedAnswer {
  /**
   * The next piece of the body, decoded and without the key; `undefined` at the end.
   *
   * @throws {OneBalanceError} when the rest does not come
   */
  read(): Promise<Uint8Array | undefined>
  /**
   * All of the body, in place of reading it, in pieces as they came.
   *
   * @throws {OneBalanceError} when it does not come whole
   */
  collect(): Promise<readonly Uint8Array[]>
  /** Gives the rest up, and drops the connection. */
  cancel(): void
}

/** What came of one attempt. `key` is the one that was sent, `rate` what the answer said about the limit. */
export interface AttemptResult {
  readonly answer?: Answer
  readonly stream?: StreamedAnswer
  readonly error?: OneBalanceError
  readonly failure?: Failure
  readonly status?: number | undefined
  /** As they came: what is passed on of them must be redacted. */
  readonly headers?: HeaderReader | undefined
  readonly rate?: RateInfo | undefined
  readonly key?: string | undefined
}

/** What ofetch is given: with everything off that this file does itself. */
type SentInit = RequestInit & { -readonly [K in keyof RequestControl]: RequestControl[K] } & {
  readonly retry: false
  readonly responseType: 'stream'
  readonly ignoreResponseError: true
}

/** ofetch over the transport. */
export function createSend(transport: Transport): Wire['send'] {
  const { fetch, Headers } = transport
  return createFetch({ fetch: fetch as typeof globalThis.fetch, ...(Headers && { Headers }) }).raw as Wire['send']
}

/**
 * One try on the wire: key, headers, time limit, size limit, and never a redirect. Does not throw: what went wrong is in the result,
 * with the request's outcome.
 */
export function attempt(wire: Wire, plan: Plan, options: AttemptOptions): Promise<AttemptResult> {
  return new Attempt(wire, plan, options).run()
}

class Attempt {
  private readonly wire: Wire
  private readonly plan: Plan
  private readonly options: AttemptOptions
  private readonly limit: TimeLimit
  private isSent = false
  private isAsking = false
  private response: Response | undefined
  private rate: RateInfo | undefined
  private key: string | undefined

  constructor(wire: Wire, plan: Plan, options: AttemptOptions) {
    this.wire = wire
    this.plan = plan
    this.options = options
    this.limit = limitTime(wire.runtime, options)
  }

  async run(): Promise<AttemptResult> {
    const { wire, plan, limit } = this
    const { adapter, keys, transport, api } = wire
    let isComplete = false
    let isHandedOut = false
    try {
      checkFinalURL(plan.url, wire.base)
      adapter.guard?.(plan.url)
      const asked = keys.ask()
      this.isAsking = true
      this.key = typeof asked === 'object' ? await limit.race(asked) : asked
      this.isAsking = false
      const init = this.createInit()
      if (limit.stopped()) return this.failed(this.stoppedError())
      this.isSent = !transport.reportsStart
      const sending = wire.send(plan.url, init)
      // A native transport rejects by itself when it is stopped.
      const response = await (transport.isNative ? sending : limit.race(sending, discard))
      this.response = response
      this.isSent = true
      const { status, headers } = response
      this.rate = readRateInfo(headers, api.rateHeaders, wire.runtime.now, status >= 400)
      if (status < 200 || (status >= 300 && status < 400)) {
        return this.failed(redirectError(plan, response, keys, readRequestId(headers, keys)))
      }
      if (this.options.openStream && status < 300) {
        const stream = this.options.openStream(response, limit, (failure) => this.bodyError(failure))
        isHandedOut = true
        return { stream, status, headers, rate: this.rate, key: this.key }
      }
      const body = toBody(await collectBody(response, wire.maxResponseBytes, limit, transport.isFramed), response.ok)
      if (status >= 400) {
        if (limit.stopped() === 'aborted') return this.failed(this.abortError())
        // The status says what happened, also where the body was cut, stalled or not text.
        return this.failed(this.statusError(response, keys.redact(body.text)), { kind: 'status', status })
      }
      if (body.failure) return this.failed(this.bodyError(body.failure))
      isComplete = true
      const answer = new WholeAnswer(status, keys.redact(body.text), headers, keys)
      return { answer, status, rate: this.rate, key: this.key }
    } catch (error) {
      // Asking again would join the same silence, so a source that hangs ends the call.
      if (limit.stopped()) return this.failed(this.stoppedError(), this.isAsking ? { kind: 'final' } : undefined)
      const cause = unwrap(error)
      if (isOneBalanceError(cause)) return this.failed(cause)
      return this.failed(this.networkError(cause, this.response ? 'body' : undefined))
    } finally {
      if (!isHandedOut) limit.end(!isComplete)
    }
  }

  private createInit(): SentInit {
    const { wire, plan, limit, options } = this
    const { isNative, reportsStart } = wire.transport
    const { body = null } = plan
    // By name. A function that is written where it is assigned to a property is made for a long life by V8, which keeps what it holds until
    // a full collection; one that is written under a computed key is given its name each time.
    const onStart = (): void => {
      this.isSent = true
    }
    const onStop = (stop: (reason: unknown) => void): void => limit.onStop(stop)
    return {
      method: plan.method,
      headers: createHeaders(wire, plan, options.headers, this.key),
      redirect: 'manual',
      retry: false,
      responseType: 'stream',
      ignoreResponseError: true,
      body: body !== null && plan.retryClass === 'once' && !isNative ? oneShot(body) : body,
      signal: isNative ? null : limit.signal,
      [REQUEST_START]: reportsStart ? onStart : undefined,
      [REQUEST_STOP]: isNative ? onStop : undefined,
    }
  }

  private failed(error: OneBalanceError, failure: Failure = failureOf(error)): AttemptResult {
    const { response, rate, key } = this
    return { error, failure, status: response?.status, headers: response?.headers, rate, key }
  }

  private outcome() {
    if (!this.isSent) return 'not_sent'
    const status = this.response?.status ?? 0
    return status >= 200 && status < 300 ? 'accepted' : status >= 400 && status < 500 ? 'rejected' : 'unknown'
  }

  private statusError(response: Response, text: string): OneBalanceError {
    const { api, keys, runtime } = this.wire
    const { method, path, retryClass } = this.plan
    return errorFromStatus({
      api,
      method,
      path,
      status: response.status,
      text,
      rate: this.rate ?? {},
      now: runtime.now(),
      requestId: readRequestId(response.headers, keys),
      retryClass,
    })
  }

  private stoppedError(): OneBalanceError {
    const { method, path, retryClass } = this.plan
    if (this.limit.stopped() === 'aborted') return this.abortError()
    const place = this.isSent
      ? this.response
        ? 'while the answer arrived'
        : 'before an answer arrived'
      : this.isAsking
        ? 'the source of the key did not give it'
        : 'before the request was sent'
    return new TimeoutError({
      message: `${method} ${path}: no answer within ${this.options.timeout} ms (${this.options.scope}), ${place}`,
      scope: this.options.scope,
      outcome: this.outcome(),
      status: this.response?.status,
      retryable: retryClass !== 'once' || !this.isSent,
      hint: this.isSent
        ? 'The API or the network is slow: raise `timeout` and `deadline`, or try again later.'
        : 'Nothing was sent: check the key source, the host name and the network.',
    })
  }

  private abortError(): OneBalanceError {
    const { method, path, retryClass } = this.plan
    const sent = this.outcome()
    return new AbortError({
      message: `${method} ${path}: aborted by the caller`,
      outcome: retryClass === 'once' && sent === 'accepted' ? 'unknown' : sent,
      status: this.response?.status,
      hint:
        this.isSent && retryClass === 'once'
          ? 'It may have run: ask for the status of the quote before doing anything else.'
          : '',
      cause: this.options.signal?.reason,
    })
  }

  private networkError(cause: unknown, knownPhase: NetworkPhase | undefined): OneBalanceError {
    const { method, path, retryClass } = this.plan
    const { keys, transport } = this.wire
    const proof = this.isSent && transport.reportsStart ? 'unknown' : proveConnection(cause)
    if (proof !== 'unknown') this.isSent = false
    const phase = knownPhase ?? (this.isSent ? (transport.reportsStart ? 'response' : 'unknown') : 'connect')
    return new NetworkError({
      message: `${method} ${path}: ${describePhase(phase)}${proof === 'untrusted' ? ', the certificate is not trusted' : ''}: ${toLine(keys.redact(lastMessage(cause))) ?? 'network error'}`,
      phase,
      outcome: this.outcome(),
      status: this.response?.status,
      retryable: proof !== 'untrusted' && (retryClass !== 'once' || !this.isSent),
      hint:
        proof === 'untrusted'
          ? 'If the server is yours, give its certificate authority as `ca`. Never switch the check off.'
          : 'Check the host name, the network and any proxy between.',
      cause: copyError(cause, keys),
    })
  }

  private bodyError(failure: BodyFailure): OneBalanceError {
    const { method, path } = this.plan
    const details = {
      outcome: this.outcome(),
      status: this.response?.status,
      hint: '',
      retryable: false,
    } as const
    if (failure.kind === 'cut')
      return this.limit.stopped() ? this.stoppedError() : this.networkError(failure.cause, 'body')
    return failure.kind === 'too_large'
      ? new ResponseError({
          ...details,
          code: 'response_too_large',
          message: `${method} ${path}: the answer is larger than maxResponseBytes (${this.wire.maxResponseBytes})`,
          hint: 'Ask for less at once, or raise maxResponseBytes.',
        })
      : new ResponseError({
          ...details,
          code: 'invalid_response',
          message: `${method} ${path}: ${failure.problem}`,
          hint: 'This is not what the API documents: check baseURL.',
        })
  }
}

/** Headers and id are made when somebody asks. */
class WholeAnswer implements Answer {
  readonly status: number
  readonly text: string
  private readonly raw: Headers
  private readonly keys: KeyRing

  constructor(status: number, text: string, raw: Headers, keys: KeyRing) {
    this.status = status
    this.text = text
    this.raw = raw
    this.keys = keys
  }

  headers(): Headers {
    const copy = new Headers()
    this.raw.forEach((value, name) => {
      copy.append(name, this.keys.redact(value))
    })
    return copy
  }

  requestId(): string | undefined {
    return readRequestId(this.raw, this.keys)
  }
}

/** How the policy sees an error that no status explains. */
function failureOf(error: OneBalanceError): Failure {
  if (error instanceof NetworkError) {
    if (error.outcome === 'not_sent') return { kind: error.retryable ? 'connect' : 'untrusted' }
    return { kind: 'network' }
  }
  if (error instanceof TimeoutError) {
    if (error.scope === 'deadline') return { kind: error.outcome === 'not_sent' ? 'final' : 'timeout' }
    return { kind: error.outcome === 'not_sent' ? 'connect' : 'timeout' }
  }
  if (error instanceof ResponseError && error.code !== 'unexpected_redirect') return { kind: 'invalid' }
  return { kind: 'final' }
}

function discard(late: Response): void {
  late.body?.cancel().catch(() => {})
}

function createHeaders(
  { api, headers: common }: Wire,
  { body, retryClass }: Plan,
  own: Readonly<Record<string, string>> | undefined,
  key: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = { ...common, ...own }
  if (key !== undefined) headers[api.keyHeader] = key
  if (body !== undefined) {
    headers['content-type'] = 'application/json'
    // A stream has no length of its own; without one it would be sent in chunks.
    if (retryClass === 'once') headers['content-length'] = String(byteLength(body))
  }
  return headers
}

/** A body that can be read once only, so that the platform's own `fetch` cannot send it again (WHATWG Fetch, "HTTP-network-or-cache fetch"). */
function oneShot(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text))
      controller.close()
    },
  })
}

function redirectError(plan: Plan, response: Response, keys: KeyRing, requestId: string | undefined): ResponseError {
  const target = response.headers.get('location')?.split(/[?#]/)[0]
  const { status } = response
  return new ResponseError({
    code: 'unexpected_redirect',
    message: `${plan.method} ${plan.path}: ${status || 'an opaque'} redirect${target ? ` to ${toLine(keys.redact(target))}` : ''}, which is not followed`,
    outcome: 'rejected',
    status: status || undefined,
    requestId,
    hint: 'A redirect would carry the key along. If the API has moved, set baseURL to its new place.',
  })
}

function readRequestId(headers: Headers, keys: KeyRing): string | undefined {
  const value = headers.get('x-request-id')
  return value === null ? undefined : toLine(keys.redact(value))
}

/** ofetch's error holds the request with its headers; what it wraps is all that is looked at. */
function unwrap(error: unknown): unknown {
  return error instanceof Error && error.name === 'FetchError' ? error.cause : error
}

function lastMessage(error: unknown): string {
  let link = error
  while (link instanceof Error && link.cause instanceof Error) link = link.cause
  return link instanceof Error ? link.message || link.name : String(link)
}

/** Name, message and code of a platform error and its cause: the rest of it may hold the request. */
function copyError(error: unknown, keys: KeyRing, depth = 0): unknown {
  if (!(error instanceof Error)) return undefined
  const copy = new Error(
    keys.redact(error.message),
    depth < 4 && error.cause ? { cause: copyError(error.cause, keys, depth + 1) } : undefined,
  )
  const { code } = error as { code?: unknown }
  const name = keys.redact(String(error.name))
  Object.defineProperty(copy, 'name', {
    value: name,
    configurable: true,
    writable: true,
  })
  Object.defineProperty(copy, 'stack', {
    value: `${name}: ${copy.message}`,
    configurable: true,
    writable: true,
  })
  return typeof code === 'string' ? Object.assign(copy, { code: keys.redact(code) }) : copy
}

function describePhase(phase: NetworkPhase): string {
  if (phase === 'connect') return 'no connection'
  return phase === 'body' ? 'the answer ended early' : 'no answer'
}
