import { type Adapter, webAdapter } from './adapter.ts'
import type { AnyEndpoint, Endpoint } from './api.ts'
import { type Answer, type AttemptResult, attempt } from './attempt.ts'
import { checkAnswer } from './check-answer.ts'
import { type AttemptRecord, amendError, isOneBalanceError, type OneBalanceError, type Stopped } from './errors/base.ts'
import { AbortError, ConfigurationError, OutcomeUnknownError } from './errors/classes.ts'
import { createEmitter } from './events.ts'
import type { CallOptions, CallPromise, ClientOptions, ResponseInfo, Runtime } from './options.ts'
import { type Plan, planEndpoint, planRaw, type RawRequest } from './plan.ts'
import { type CallSettings, DEFAULT_RETRY, type Engine, resolveCall, resolveEngine } from './resolve-options.ts'
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
    let whole: ReturnType<typeof send>
    try {
      if (isClosed)
        throw new ConfigurationError({
          message: 'the client is closed',
          hint: 'Make a new client, or close it later.',
        })
      const settings = resolveCall(callOptions, engine)
      whole = send(engine, makePlan(), settings, calls++)
    } catch (error) {
      whole = Promise.reject(error)
    }
    const data = whole.then((result) => result.data as T)
    let withInfo: Promise<{ data: T; response: ResponseInfo }> | undefined
    return Object.assign(data, {
      withResponse: () => {
        data.catch(() => {})
        withInfo ??= whole.then(({ data, toInfo }) => ({ data: data as T, response: toInfo() }))
        return withInfo
      },
    })
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
async function send(engine: Engine, plan: Plan, settings: CallSettings, order: number) {
  const { gate, runtime, budget } = engine
  const { signal } = settings
  const startedAt = runtime.now()
  const deadlineAt = startedAt + settings.deadline
  const attempts: AttemptRecord[] = []
  const emit = createEmitter(engine, plan, attempts)
  let retries = 0
  let isRotated = false

  for (;;) {
    if (signal?.aborted) throw finish(abortedWhileWaiting(plan, signal))
    let ticket: number
    try {
      ticket = await gate.enter({
        order,
        deadlineAt,
        signal,
        onWait: (waitMs, reason) => emit('wait', { waitMs, reason }),
      })
    } catch (error) {
      throw finish(isOneBalanceError(error) && !signal?.aborted ? error : abortedWhileWaiting(plan, signal))
    }
    emit('request')
    const attemptStartedAt = runtime.now()
    const remaining = deadlineAt - attemptStartedAt
    const result = await attempt(engine, plan, {
      signal,
      headers: settings.headers,
      timeout: Math.max(1, Math.min(settings.timeout, remaining)),
      scope: remaining < settings.timeout ? 'deadline' : 'attempt',
    })
    record(result, attemptStartedAt)
    if (result.status !== undefined) emit('response', { status: result.status })

    if (result.answer) {
      gate.leave(ticket, { rate: result.rate ?? {} })
      budget.refill()
      return accept(result.answer)
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
      throw fail(result, 'not_retryable')
    }
    const decision = decide(result)
    gate.leave(
      ticket,
      rate && {
        ...rate,
        shutFor: result.status === 429 ? shutFor(decision, error) : undefined,
      },
    )
    if (!decision.retry) throw fail(result, decision.stopped)
    retries += 1
    amendLast({ waitMs: decision.delay })
    emit('retry', {
      waitMs: decision.delay,
      reason: error.code,
      status: result.status,
    })
    // After a 429 the gate itself is shut for this long, and this call is the first in its line.
    if (result.status !== 429) await runtime.sleep(decision.delay, signal).catch(() => {})
  }

  function decide({ failure, error }: AttemptResult): RetryDecision {
    return decideRetry({
      retryClass: plan.retryClass,
      failure: failure ?? { kind: 'final' },
      retries,
      policy: settings.retry,
      retryAfter: error?.retryAfter,
      remaining: deadlineAt - runtime.now(),
      takeBudget: budget.take,
      random: runtime.random(),
    })
  }

  function shutFor(decision: RetryDecision, { retryAfter }: OneBalanceError): number {
    const policy = (decision.retry && settings.retry) || engine.retry || DEFAULT_RETRY
    return waitAfterLimit({ decision, retries, retryAfter, policy, random: runtime.random })
  }

  /** A complete 2xx: what the contract says of it decides. What is told about the answer is made for whoever asks. */
  function accept(answer: Answer): { data: unknown; toInfo: () => ResponseInfo } {
    try {
      const data = checkAnswer(plan, answer, settings.validate)
      const durationMs = runtime.now() - startedAt
      return { data, toInfo: () => createInfo(answer, attempts, durationMs) }
    } catch (error) {
      amendLast({ error: (error as OneBalanceError).code })
      throw fail({ error: error as OneBalanceError, failure: { kind: 'invalid' } }, 'not_retryable')
    }
  }

  function fail({ error, failure }: AttemptResult, stopped: Stopped): OneBalanceError {
    const cause = error as OneBalanceError
    const isHidden =
      engine.adapter.hidesOutcome?.(cause) ||
      (plan.retryClass === 'once' && failure && hidesOutcome(failure) && cause.code !== 'execution_failed')
    if (!isHidden) return finish(cause, cause.code === 'aborted' ? 'aborted' : stopped)
    finish(cause, stopped, false)
    return finish(
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

  function finish<E extends OneBalanceError>(error: E, stopped?: Stopped, isFinal = true): E {
    const { method, path, quoteId } = plan
    amendError(error, {
      method,
      path,
      quoteId,
      attempts,
      stopped: stopped ?? (error.code === 'aborted' ? 'aborted' : undefined),
    })
    if (isFinal)
      emit('error', {
        reason: error.code,
        status: typeof error.status === 'number' ? error.status : undefined,
      })
    return error
  }

  function abortedWhileWaiting({ method, path }: Plan, by: AbortSignal | undefined): AbortError {
    const lastOutcome = attempts.length === 0 || plan.retryClass === 'once' ? 'not_sent' : 'unknown'
    return new AbortError({
      message: `${method} ${path}: aborted by the caller while it waited`,
      outcome: lastOutcome,
      cause: by?.reason,
    })
  }

  function record({ error, status }: AttemptResult, at: number): void {
    const durationMs = runtime.now() - at
    const answered = status === undefined ? { startedAt: at, durationMs } : { startedAt: at, durationMs, status }
    attempts.push(error ? { ...answered, error: error.code } : answered)
  }

  function amendLast(more: Partial<AttemptRecord>): void {
    attempts.push({ ...(attempts.pop() as AttemptRecord), ...more })
  }
}

function createInfo(
  { status, headers, requestId }: Answer,
  attempts: readonly AttemptRecord[],
  durationMs: number,
): ResponseInfo {
  let copy: Headers | undefined
  return Object.freeze({
    status,
    get headers() {
      copy ??= headers()
      return copy
    },
    requestId: requestId(),
    attempts,
    durationMs,
  })
}
