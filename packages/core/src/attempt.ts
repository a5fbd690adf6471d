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
import { readBody } from './read-body.ts'
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
  /** Made when somebody asks: they are copied, and without the key. */
  readonly headers: () => Headers
  readonly text: string
  readonly requestId: () => string | undefined
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
export async function attempt(wire: Wire, plan: Plan, options: AttemptOptions): Promise<AttemptResult> {
  const { api, base, adapter, transport, keys, runtime } = wire
  const { method, path } = plan
  const limit = limitTime(runtime, options)
  let isSent = false
  let isComplete = false
  let isHandedOut = false
  let response: Response | undefined
  let rate: RateInfo | undefined
  let key: string | undefined
  let isAsking = false
  try {
    checkFinalURL(plan.url, base)
    adapter.guard?.(plan.url)
    const asked = keys.ask()
    isAsking = true
    key = typeof asked === 'object' ? await limit.race(asked) : asked
    isAsking = false
    const init: SentInit = {
      method,
      headers: createHeaders(wire, plan, options.headers, key),
      redirect: 'manual',
      retry: false,
      responseType: 'stream',
      ignoreResponseError: true,
      // Not assigned later: V8 makes a function that is assigned to a property for a long life, and all that it holds with it.
      [REQUEST_START]: transport.reportsStart ? () => (isSent = true) : undefined,
      [REQUEST_STOP]: transport.isNative ? (stop) => limit.onStop(stop) : undefined,
    }
    if (plan.body !== undefined)
      init.body = plan.retryClass === 'once' && !transport.isNative ? oneShot(plan.body) : plan.body
    if (!transport.isNative) init.signal = limit.signal
    if (limit.stopped()) return failed(stoppedError())
    isSent = !transport.reportsStart
    const sending = wire.send(plan.url, init)
    // A native transport rejects by itself when it is stopped.
    response = await (transport.isNative ? sending : limit.race(sending, discard))
    isSent = true
    const { status, headers } = response
    const requestId = () => redactedHeader(headers, 'x-request-id', keys)
    rate = readRateInfo(headers, api.rateHeaders, runtime.now(), status >= 400)
    if (status < 200 || (status >= 300 && status < 400)) {
      return failed(redirectError(plan, response, keys, requestId()))
    }
    if (options.openStream && status < 300) {
      const stream = options.openStream(response, limit, bodyError)
      isHandedOut = true
      return { stream, status, headers, rate, key }
    }
    const body = await readBody(response, wire.maxResponseBytes, limit, transport.isFramed)
    if (status >= 400) {
      if (limit.stopped() === 'aborted') return failed(abortError())
      // The status says what happened, also where the body was cut, stalled or not text.
      const text = keys.redact(body.text)
      return failed(
        errorFromStatus({
          api,
          method,
          path,
          status,
          text,
          rate,
          now: runtime.now(),
          requestId: requestId(),
          retryClass: plan.retryClass,
        }),
        {
          kind: 'status',
          status,
        },
      )
    }
    if (body.failure) return failed(bodyError(body.failure))
    isComplete = true
    return {
      answer: {
        status,
        headers: () => redactHeaders(headers, keys),
        text: keys.redact(body.text),
        requestId,
      },
      status,
      rate,
      key,
    }
  } catch (error) {
    // Asking again would join the same silence, so a source that hangs ends the call.
    if (limit.stopped()) return failed(stoppedError(), isAsking ? { kind: 'final' } : undefined)
    const cause = unwrap(error)
    if (isOneBalanceError(cause)) return failed(cause)
    return failed(networkError(cause, response ? 'body' : undefined))
  } finally {
    if (!isHandedOut) limit.end(!isComplete)
  }

  function failed(error: OneBalanceError, failure: Failure = failureOf(error)): AttemptResult {
    return { error, failure, status: response?.status, headers: response?.headers, rate, key }
  }
  function outcome() {
    if (!isSent) return 'not_sent'
    const status = response?.status ?? 0
    return status >= 200 && status < 300 ? 'accepted' : status >= 400 && status < 500 ? 'rejected' : 'unknown'
  }
  function stoppedError(): OneBalanceError {
    if (limit.stopped() === 'aborted') return abortError()
    const place = isSent
      ? response
        ? 'while the answer arrived'
        : 'before an answer arrived'
      : isAsking
        ? 'the source of the key did not give it'
        : 'before the request was sent'
    return new TimeoutError({
      message: `${method} ${path}: no answer within ${options.timeout} ms (${options.scope}), ${place}`,
      scope: options.scope,
      outcome: outcome(),
      status: response?.status,
      retryable: plan.retryClass !== 'once' || !isSent,
      hint: isSent
        ? 'The API or the network is slow: raise `timeout` and `deadline`, or try again later.'
        : 'Nothing was sent: check the key source, the host name and the network.',
    })
  }
  function abortError(): OneBalanceError {
    const sent = outcome()
    return new AbortError({
      message: `${method} ${path}: aborted by the caller`,
      outcome: plan.retryClass === 'once' && sent === 'accepted' ? 'unknown' : sent,
      status: response?.status,
      hint:
        isSent && plan.retryClass === 'once'
          ? 'It may have run: ask for the status of the quote before doing anything else.'
          : '',
      cause: options.signal?.reason,
    })
  }
  function networkError(cause: unknown, knownPhase: NetworkPhase | undefined): OneBalanceError {
    const proof = isSent && transport.reportsStart ? 'unknown' : proveConnection(cause)
    if (proof !== 'unknown') isSent = false
    const phase = knownPhase ?? (isSent ? (transport.reportsStart ? 'response' : 'unknown') : 'connect')
    return new NetworkError({
      message: `${method} ${path}: ${describePhase(phase)}${proof === 'untrusted' ? ', the certificate is not trusted' : ''}: ${toLine(keys.redact(lastMessage(cause))) ?? 'network error'}`,
      phase,
      outcome: outcome(),
      status: response?.status,
      retryable: proof !== 'untrusted' && (plan.retryClass !== 'once' || !isSent),
      hint:
        proof === 'untrusted'
          ? 'If the server is yours, give its certificate authority as `ca`. Never switch the check off.'
          : 'Check the host name, the network and any proxy between.',
      cause: copyError(cause, keys),
    })
  }
  function bodyError(failure: BodyFailure): OneBalanceError {
    const details = {
      outcome: outcome(),
      status: response?.status,
      hint: '',
      retryable: false,
    } as const
    if (failure.kind === 'cut') return limit.stopped() ? stoppedError() : networkError(failure.cause, 'body')
    return failure.kind === 'too_large'
      ? new ResponseError({
          ...details,
          code: 'response_too_large',
          message: `${method} ${path}: the answer is larger than maxResponseBytes (${wire.maxResponseBytes})`,
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

function redactedHeader(headers: Headers, name: string, keys: KeyRing): string | undefined {
  const value = headers.get(name)
  return value === null ? undefined : toLine(keys.redact(value))
}

function redactHeaders(headers: Headers, keys: KeyRing): Headers {
  const copy = new Headers()
  headers.forEach((value, name) => {
    copy.append(name, keys.redact(value))
  })
  return copy
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
