import { type Adapter, type BodyFailure, webAdapter } from './adapter.ts'
import type { AnyEndpoint, Api } from './api.ts'
import { type AttemptOptions, type AttemptResult, attempt, type StreamedAnswer, type Wire } from './attempt.ts'
import { isOneBalanceError, type OneBalanceError } from './errors/base.ts'
import { AbortError, ConfigurationError } from './errors/classes.ts'
import { emitEvent } from './events.ts'
import type { Abortable } from './on-abort.ts'
import type { ClientOptions, Runtime } from './options.ts'
import type { Plan } from './plan.ts'
import { type BodyReader, collectBody, openBody } from './read-body.ts'
import { createStreamRedactor, type StreamRedactor } from './redact-stream.ts'
import { DEFAULT_RETRY, resolveEngine } from './resolve-options.ts'
import { waitAfterLimit } from './retry/policy.ts'
import type { HeaderReader } from './retry/retry-after.ts'
import { hasNewKey } from './rotate-key.ts'
import { checkPath } from './secure-url.ts'
import type { TimeLimit } from './time-limit.ts'

/** A request that somebody else made, to be passed on with the key. */
export interface ForwardRequest {
  readonly endpoint: AnyEndpoint
  /** The endpoint's path with its parameters filled in and encoded. */
  readonly path: string
  /** Encoded as `URLSearchParams` writes it, without the `?`. */
  readonly query: string
  /** JSON. */
  readonly body?: string | undefined
  /** What else to send; lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Ends the request upstream. A {@link Stop} costs less than an `AbortSignal`. */
  readonly signal?: Abortable | undefined
}

/** What came of it: a 2xx answer whose body is still on its way, or an error for everything else. */
export type ForwardResult = (
  | { readonly stream: StreamedAnswer; readonly status: number; readonly error?: undefined }
  | { readonly error: OneBalanceError; readonly stream?: undefined }
) & {
  /** The answer's headers as they came, if it had any: what is passed on of them must be redacted. */
  readonly headers?: HeaderReader | undefined
}

/** Passes requests on: the key, the HTTPS check, the rate gate, redaction and the errors are those of a client; retries are not made. */
export interface Forwarder {
  /** Sends a request once (twice where the key was rejected and its source has a new one). Never rejects. */
  (request: ForwardRequest): Promise<ForwardResult>
  readonly api: Api
  readonly runtime: Runtime
  /** Time of one request, ms. */
  readonly timeout: number
  /** Replaces every key that was used so far. */
  redact(text: string): string
  /** @throws {ConfigurationError} when no key can be had */
  ready(): Promise<void>
  /** Refuses further requests and closes the connections; requests under way end first. */
  close(): Promise<void>
}

/** How long a request may wait for its turn at the rate limit, ms: longer waits are for whoever asked. */
const PATIENCE = 1_000

/**
 * Makes what a proxy sends with. Options are those of a client.
 *
 * @throws {ConfigurationError} for an option that cannot be used
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export function createForwarder(options: ClientOptions, adapter: Adapter = webAdapter): Forwarder {
  const engine = resolveEngine(options, adapter)
  const { api, base, gate, runtime, timeout, transport } = engine
  const { fetch, Headers } = transport
  // Every part of ofetch is switched off in an attempt, and a proxy feels its cost.
  const sendRaw: Wire['send'] = (url, init) =>
    fetch(url, Headers ? Object.assign(init, { headers: new Headers(init.headers) }) : init)
  const wire = { ...engine, send: sendRaw }
  let order = 0
  let isClosed = false

  const forward = async (request: ForwardRequest): Promise<ForwardResult> => {
    const { endpoint, path, query, body, headers, signal } = request
    const { method, retry: retryClass } = endpoint
    const url = base.origin + base.prefix + path + (query && `?${query}`)
    const plan: Plan = { method, path, url, body, retryClass, endpoint, quoteId: undefined }
    let ticket: number
    try {
      if (isClosed) throw new ConfigurationError({ message: 'the proxy is closed' })
      checkPath(path)
      const turn = gate.enter({ order: order++, deadlineAt: runtime.now() + Math.min(PATIENCE, timeout), signal })
      ticket = typeof turn === 'number' ? turn : await turn
    } catch (error) {
      return { error: isOneBalanceError(error) ? error : givenUp(plan, error) }
    }
    const attempts = { length: 0 }
    let result: AttemptResult
    do {
      emitEvent(engine, plan, attempts, 'request')
      result = await attempt(wire, plan, { signal, headers, timeout, scope: 'attempt', openStream })
      attempts.length += 1
      if (result.status !== undefined) emitEvent(engine, plan, attempts, 'response', { status: result.status })
    } while (attempts.length === 1 && result.status === 401 && (await canAskAgain(result, signal)))
    const { stream, error, status, rate, headers: answered } = result
    gate.leave(ticket, rate && { rate, shutFor: status === 429 ? shutFor(error?.retryAfter) : undefined })
    if (stream) return { stream, status: status as number, headers: answered }
    emitEvent(engine, plan, attempts, 'error', { reason: error?.code, status })
    return { error: error as OneBalanceError, headers: answered }
  }

  const canAskAgain = async ({ key }: AttemptResult, signal: Abortable | undefined): Promise<boolean> =>
    key !== undefined && hasNewKey(wire, key, { signal, timeout })
  const openStream: AttemptOptions['openStream'] = (response, limit, toError) =>
    new ForwardedBody(engine, response, limit, toError)

  function shutFor(retryAfter: number | undefined): number {
    const policy = engine.retry || DEFAULT_RETRY
    const decision = { retry: false, stopped: 'disabled' } as const
    return waitAfterLimit({ decision, retries: 0, retryAfter, policy, random: runtime.random })
  }

  return Object.freeze(
    Object.assign(forward, {
      api,
      runtime,
      timeout,
      redact: engine.keys.redact,
      ready: async () => void (await engine.keys.ask()),
      close: async () => {
        isClosed = true
        await transport.close?.()
      },
    }),
  )
}

/** A body on its way through; the time limit of its request ends with it. */
class ForwardedBody implements StreamedAnswer {
  readonly #wire: Pick<Wire, 'keys' | 'maxResponseBytes' | 'transport'>
  readonly #response: Response
  readonly #limit: TimeLimit
  readonly #toError: (failure: BodyFailure) => OneBalanceError
  #parts: { readonly reader: BodyReader; readonly redactor: StreamRedactor } | undefined
  #isTaken = false
  #isEnded = false

  constructor(
    wire: Pick<Wire, 'keys' | 'maxResponseBytes' | 'transport'>,
    response: Response,
    limit: TimeLimit,
    toError: (failure: BodyFailure) => OneBalanceError,
  ) {
    this.#wire = wire
    this.#response = response
    this.#limit = limit
    this.#toError = toError
  }

  async read(): Promise<Uint8Array | undefined> {
    const { reader, redactor } = this.#open()
    while (!this.#isEnded) {
      const chunk = await reader.read()
      if ('failure' in chunk) this.#fail(chunk.failure)
      if (chunk.done) this.#end(false)
      const bytes = chunk.value ? redactor.push(chunk.value) : redactor.end()
      if (bytes.length > 0) return bytes
    }
    return undefined
  }

  async collect(): Promise<readonly Uint8Array[]> {
    const { keys, maxResponseBytes, transport } = this.#wire
    this.#isTaken = true
    const { chunks, failure } = await collectBody(this.#response, maxResponseBytes, this.#limit, transport.isFramed)
    if (failure) this.#fail(failure)
    this.#end(false)
    const redactor = createStreamRedactor(keys)
    const pieces = chunks.map((chunk) => redactor.push(chunk))
    const rest = redactor.end()
    return rest.length > 0 ? [...pieces, rest] : pieces
  }

  cancel(): void {
    if (!this.#isEnded) this.#end(true)
  }

  #open(): { readonly reader: BodyReader; readonly redactor: StreamRedactor } {
    this.#parts ??= {
      reader: openBody(this.#response, this.#wire.maxResponseBytes, this.#limit),
      redactor: createStreamRedactor(this.#wire.keys),
    }
    return this.#parts
  }

  #fail(failure: BodyFailure): never {
    this.#end(true)
    throw this.#toError(failure)
  }

  #end(isDropped: boolean): void {
    this.#isEnded = true
    if (isDropped && !this.#isTaken) this.#open().reader.cancel()
    this.#limit.end(isDropped)
  }
}

function givenUp({ method, path }: Plan, cause: unknown): AbortError {
  return new AbortError({ message: `${method} ${path}: given up while it waited`, cause })
}
