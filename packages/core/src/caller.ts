import { type Adapter, webAdapter } from './adapter.ts'
import type { AnyEndpoint, Endpoint } from './api.ts'
import { type Answer, type AttemptResult, attempt } from './attempt.ts'
import { checkAnswer } from './check-answer.ts'
import { type AttemptRecord, amendError, isOneBalanceError, type OneBalanceError, type Stopped } from './errors/base.ts'
import { AbortError, ConfigurationError, OutcomeUnknownError } from './errors/classes.ts'
import { type EventDetails, emitEvent } from './events.ts'
import type { CallOptions, CallPromise, ClientOptions, Event, ResponseInfo, Runtime } from './options.ts'
import { type Plan, planEndpoint, planRaw, type RawRequest } from './plan.ts'
import { type CallSettings, DEFAULT_RETRY, type Engine, resolveCall, resolveEngine } from './resolve-options.ts'
import type { GateEntry, WaitReason } from './retry/gate.ts'
import { decideRetry, hidesOutcome, type RetryDecision, waitAfterLimit } from './retry/policy.ts'
import { hasNewKey } from './rotate-key.ts'

/** Calls any endpoint of an API: plan, send with retries, check. */
export interface Caller {
  <Input, Output>(endpoint: Endpoint<Input, Output>, input: Input, options?: CallOptions): CallPromise<Output>
  <Output>(
    endpoint: Endpoint<undefined, Output>,
    input?: Readonly<Record<string, never>>,
    options?: CallOptions,
  ): CallPromise<Output>
  /** Calls a path that the contract does not know. */
  request(method: string, path: string, options?: RawRequest & CallOptions): CallPromise<unknown>
  /** Refuses further calls and closes the connections; calls under way end first. */
  close(): Promise<void>
  /** The client's clock, for flows that wait. */
  readonly runtime: Runtime
}

/**
 * Makes the tree-shakable form of a client.
 *
 * @example
 * const call = createCaller({ apiKey })
 * const assets = await call(listAssets)
 * @throws {ConfigurationError} for an option that cannot be used
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export function createCaller(options: ClientOptions = {}, adapter: Adapter = webAdapter): Caller {
  return openCaller(resolveEngine(options, adapter))
}

/** The calls of one engine. */
export function openCaller(engine: Engine): Caller {
  let calls = 0
  let isClosed = false

  const start = <T>(makePlan: () => Plan, callOptions: CallOptions = {}): CallPromise<T> => {
    let run: Run | undefined
    let data: Promise<unknown>
    try {
      if (isClosed)
        throw new ConfigurationError({
          message: 'the client is closed',
          hint: 'Make a new client, or close it later.',
        })
      const settings = resolveCall(callOptions, engine)
      run = new Run(engine, makePlan(), settings, calls++)
      data = run.send()
    } catch (error) {
      data = Promise.reject(error)
    }
    let withInfo: Promise<{ data: T; response: ResponseInfo }> | undefined
    const withResponse = (): Promise<{ data: T; response: ResponseInfo }> => {
      data.catch(() => {})
      withInfo ??= data.then((value) => ({ data: value as T, response: (run as Run).toInfo() }))
      return withInfo
    }
    const promise = data as CallPromise<T>
    promise.withResponse = withResponse
    return promise
  }

  const call = (endpoint: AnyEndpoint, input?: unknown, callOptions?: CallOptions) =>
    start(() => planEndpoint(engine.base, endpoint, input, engine.runtime.now()), callOptions)
  return Object.freeze(
    Object.assign(call as unknown as Caller, {
      request: (method: string, path: string, options: RawRequest & CallOptions = {}) =>
        start<unknown>(() => planRaw(engine.base, method, path, options), options),
      close: async () => {
        isClosed = true
        await engine.transport.close?.()
      },
      runtime: engine.runtime,
    }),
  )
}

/** The whole way of a call: wait for the turn, try, and decide from what came whether to try again. */
class Run implements GateEntry {
  readonly order: number
  readonly deadlineAt: number
  readonly signal: AbortSignal | undefined
  private readonly engine: Engine
  private readonly plan: Plan
  private readonly settings: CallSettings
  private readonly startedAt: number
  private readonly attempts: AttemptRecord[] = []
  private retries = 0
  private answer: Answer | undefined
  private durationMs = 0

  constructor(engine: Engine, plan: Plan, settings: CallSettings, order: number) {
    this.engine = engine
    this.plan = plan
    this.settings = settings
    this.order = order
    this.signal = settings.signal
    this.startedAt = engine.runtime.now()
    this.deadlineAt = this.startedAt + settings.deadline
  }

  async send(): Promise<unknown> {
    const { engine, plan, settings, signal, deadlineAt } = this
    const { gate, runtime } = engine
    let isRotated = false

    for (;;) {
      if (signal?.aborted) throw this.finish(this.abortedWhileWaiting())
      let ticket: number
      try {
        const turn = gate.enter(this)
        ticket = typeof turn === 'number' ? turn : await turn
      } catch (error) {
        throw this.finish(isOneBalanceError(error) && !signal?.aborted ? error : this.abortedWhileWaiting())
      }
      this.emit('request')
      const attemptStartedAt = runtime.now()
      const remaining = deadlineAt - attemptStartedAt
      const result = await attempt(engine, plan, {
        signal,
        headers: settings.headers,
        timeout: Math.max(1, Math.min(settings.timeout, remaining)),
        scope: remaining < settings.timeout ? 'deadline' : 'attempt',
      })
      this.record(result, attemptStartedAt)
      if (result.status !== undefined) this.emit('response', { status: result.status })

      if (result.answer) {
        gate.leave(ticket, { rate: result.rate ?? {} })
        engine.budget.refill()
        return this.accept(result.answer)
      }
      const error = result.error as OneBalanceError
      const rate = result.rate && { rate: result.rate }
      if (result.status === 401 && !isRotated && result.key !== undefined) {
        gate.leave(ticket, rate)
        isRotated = await hasNewKey(engine, result.key, {
          signal,
          timeout: Math.min(settings.timeout, deadlineAt - runtime.now()),
        })
        // An abort meanwhile is seen there.
        if (isRotated || signal?.aborted) continue
        throw this.fail(result, 'not_retryable')
      }
      const decision = this.decide(result)
      gate.leave(
        ticket,
        rate && {
          ...rate,
          shutFor: result.status === 429 ? this.shutFor(decision, error) : undefined,
        },
      )
      if (!decision.retry) throw this.fail(result, decision.stopped)
      this.retries += 1
      this.amendLast({ waitMs: decision.delay })
      this.emit('retry', {
        waitMs: decision.delay,
        reason: error.code,
        status: result.status,
      })
      // After a 429 the gate itself is shut for this long, and this call is the first in its line.
      if (result.status !== 429) await runtime.sleep(decision.delay, signal).catch(() => {})
    }
  }

  /** What is told about the answer is made for whoever asks. */
  toInfo(): ResponseInfo {
    return createInfo(this.answer as Answer, this.attempts, this.durationMs)
  }

  onWait(waitMs: number | undefined, reason: WaitReason): void {
    this.emit('wait', { waitMs, reason })
  }

  private emit(type: Event['type'], details?: EventDetails): void {
    emitEvent(this.engine, this.plan, this.attempts, type, details)
  }

  private decide({ failure, error }: AttemptResult): RetryDecision {
    const { runtime, budget } = this.engine
    return decideRetry({
      retryClass: this.plan.retryClass,
      failure: failure ?? { kind: 'final' },
      retries: this.retries,
      policy: this.settings.retry,
      retryAfter: error?.retryAfter,
      remaining: this.deadlineAt - runtime.now(),
      takeBudget: budget.take,
      random: runtime.random(),
    })
  }

  private shutFor(decision: RetryDecision, { retryAfter }: OneBalanceError): number {
    const { retry, runtime } = this.engine
    const policy = (decision.retry && this.settings.retry) || retry || DEFAULT_RETRY
    return waitAfterLimit({ decision, retries: this.retries, retryAfter, policy, random: runtime.random })
  }

  /** A complete 2xx: what the contract says of it decides. */
  private accept(answer: Answer): unknown {
    this.answer = answer
    try {
      return checkAnswer(this.plan, answer, this.settings.validate)
    } catch (error) {
      this.amendLast({ error: (error as OneBalanceError).code })
      throw this.fail({ error: error as OneBalanceError, failure: { kind: 'invalid' } }, 'not_retryable')
    }
  }

  private fail({ error, failure }: AttemptResult, stopped: Stopped): OneBalanceError {
    const { plan, engine } = this
    const cause = error as OneBalanceError
    const isHidden =
      engine.adapter.hidesOutcome?.(cause) ||
      (plan.retryClass === 'once' && failure && hidesOutcome(failure) && cause.code !== 'execution_failed')
    if (!isHidden) return this.finish(cause, cause.code === 'aborted' ? 'aborted' : stopped)
    this.finish(cause, stopped, false)
    return this.finish(
      new OutcomeUnknownError({
        message: `${plan.method} ${plan.path}: it may have run or not, the answer is hidden by: ${cause.message}`,
        outcome: 'unknown',
        status: cause.status,
        requestId: cause.requestId,
        retryAfter: cause.retryAfter,
        serverError: cause.serverError,
        hint: 'Do not send it again before you know what became of the first: ask the API. For a quote, executions.wait and executeAndWait do.',
        cause,
      }),
      stopped,
    )
  }

  private finish<E extends OneBalanceError>(error: E, stopped?: Stopped, isFinal = true): E {
    const { method, path, quoteId } = this.plan
    amendError(error, {
      method,
      path,
      quoteId,
      attempts: this.attempts,
      stopped: stopped ?? (error.code === 'aborted' ? 'aborted' : undefined),
    })
    if (isFinal)
      this.emit('error', {
        reason: error.code,
        status: typeof error.status === 'number' ? error.status : undefined,
      })
    return error
  }

  private abortedWhileWaiting(): AbortError {
    const { method, path, retryClass } = this.plan
    const lastOutcome = this.attempts.length === 0 || retryClass === 'once' ? 'not_sent' : 'unknown'
    return new AbortError({
      message: `${method} ${path}: aborted by the caller while it waited`,
      outcome: lastOutcome,
      cause: this.signal?.reason,
    })
  }

  private record({ error, status }: AttemptResult, at: number): void {
    const endedAt = this.engine.runtime.now()
    const durationMs = endedAt - at
    this.durationMs = endedAt - this.startedAt
    const answered = status === undefined ? { startedAt: at, durationMs } : { startedAt: at, durationMs, status }
    this.attempts.push(error ? { ...answered, error: error.code } : answered)
  }

  private amendLast(more: Partial<AttemptRecord>): void {
    this.attempts.push({ ...(this.attempts.pop() as AttemptRecord), ...more })
  }
}

function createInfo(answer: Answer, attempts: readonly AttemptRecord[], durationMs: number): ResponseInfo {
  let copy: Headers | undefined
  return Object.freeze({
    status: answer.status,
    get headers() {
      copy ??= answer.headers()
      return copy
    },
    requestId: answer.requestId(),
    attempts,
    durationMs,
  })
}
