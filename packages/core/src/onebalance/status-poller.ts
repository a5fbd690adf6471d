import type { Endpoint } from '../api.ts'
import type { Caller } from '../caller.ts'
import { isOneBalanceError, type OneBalanceError } from '../errors/base.ts'
import { AbortError, ConfigurationError } from '../errors/classes.ts'
import type { CallOptions } from '../options.ts'
import { readStatus } from './read-status.ts'
import type { Execution, ExecutionInput, ExecutionStatus } from './schemas/execution.ts'

/** Options of a wait for an execution. */
export interface WaitOptions extends Pick<CallOptions, 'signal' | 'timeout' | 'headers' | 'validate'> {
  /** Time between two polls, ms: grows from `initial` to `max`. @default `{ initial: 1_000, max: 5_000 }` */
  readonly interval?: { readonly initial?: number | undefined; readonly max?: number | undefined } | undefined
  /** Time of the whole wait, ms. @default 600_000 */
  readonly deadline?: number | undefined
  /** Called with the first status that is known, and whenever it changes. Not awaited; what it throws is ignored. */
  readonly onStatus?: ((status: ExecutionStatus, execution: Execution) => unknown) | undefined
}

const DEFAULT_DEADLINE = 600_000
const GROWTH = 1.5
/** The part of an interval that is random, so that many waits do not poll in step. */
const JITTER = 0.2

/** Asks for one quote's status again and again, over failed polls, within one span of time. */
export class StatusPoller {
  /** The last status that was seen. */
  lastStatus: ExecutionStatus | undefined
  /** Why the last poll failed, if it did. */
  lastError: OneBalanceError | undefined
  /** Time of the whole wait, ms. */
  readonly deadline: number
  readonly #call: Caller
  readonly #endpoint: Endpoint<ExecutionInput, Execution>
  readonly #quoteId: string
  readonly #options: WaitOptions
  readonly #initial: number
  readonly #max: number
  readonly #startedAt: number
  #interval: number
  #last: Execution | undefined
  #polls = 0
  #slept = 0

  /** @throws {ConfigurationError} for an option that cannot be used */
  constructor(call: Caller, endpoint: Endpoint<ExecutionInput, Execution>, quoteId: string, options: WaitOptions = {}) {
    this.deadline = duration('deadline', options.deadline ?? DEFAULT_DEADLINE)
    this.#initial = duration('interval.initial', options.interval?.initial ?? 1_000)
    this.#max = Math.max(this.#initial, duration('interval.max', options.interval?.max ?? 5_000))
    this.#call = call
    this.#endpoint = endpoint
    this.#quoteId = quoteId
    this.#options = options
    this.#interval = this.#initial
    this.#startedAt = call.runtime.now()
  }

  /** Ms since the beginning. Sleep counts also where the clock stands still, so that every wait ends. */
  elapsed(): number {
    return Math.max(this.#slept, this.#call.runtime.now() - this.#startedAt)
  }

  /**
   * Polls until the status is one that `isEnough` takes, or until `limit` ms after the beginning.
   *
   * @returns the answer, or `undefined` when the time is over
   * @throws {AbortError} on the signal
   * @throws whatever error makes further polls useless: 401, 403, another 4xx, configuration
   */
  async until(
    isEnough: (status: ExecutionStatus | undefined) => boolean,
    limit = this.deadline,
  ): Promise<Execution | undefined> {
    for (;;) {
      if (this.#last && isEnough(readStatus(this.#last))) return this.#last
      if (this.#polls > 0) await this.#sleep(Math.min(this.#nextDelay(), limit - this.elapsed()))
      const left = limit - this.elapsed()
      // Less than a millisecond is no time for a poll, and no deadline that a call takes.
      if (left < 1) return undefined
      this.#polls += 1
      this.#last = (await this.#poll(left)) ?? this.#last
    }
  }

  async #poll(left: number): Promise<Execution | undefined> {
    const { signal, headers, validate, timeout } = this.#options
    try {
      const execution = await this.#call(
        this.#endpoint,
        { quoteId: this.#quoteId },
        // No retry: the next poll is one.
        { signal, headers, validate, timeout, deadline: left, retry: false },
      )
      this.lastError = undefined
      this.#report(execution)
      return execution
    } catch (error) {
      if (signal?.aborted) throw this.#aborted(signal)
      if (!isOneBalanceError(error) || !isPassing(error)) throw error
      this.lastError = error
      return undefined
    }
  }

  #report(execution: Execution): void {
    const status = readStatus(execution)
    if (status === undefined || status === this.lastStatus) return
    this.lastStatus = status
    // An observer must not decide over money, whether it throws or rejects.
    const observe = async () => this.#options.onStatus?.(status, execution)
    observe().catch(() => {})
  }

  /** From `initial` to `max`, less a random part that never goes below `initial`; never before the API asks for. */
  #nextDelay(): number {
    const interval = this.#interval
    this.#interval = Math.min(this.#max, interval * GROWTH)
    const jitter = this.#call.runtime.random() * Math.min(interval * JITTER, interval - this.#initial)
    return Math.max(interval - jitter, this.lastError?.retryAfter ?? 0)
  }

  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return
    const { signal } = this.#options
    this.#slept = this.elapsed() + ms
    try {
      await this.#call.runtime.sleep(ms, signal)
    } catch (error) {
      throw signal?.aborted ? this.#aborted(signal) : error
    }
    if (signal?.aborted) throw this.#aborted(signal)
  }

  #aborted(signal: AbortSignal): AbortError {
    const { method, path } = this.#endpoint
    return new AbortError({
      message: 'the wait for the execution was aborted by the caller; the execution goes on',
      outcome: this.lastStatus === undefined ? 'unknown' : 'accepted',
      method,
      path,
      stopped: 'aborted',
      quoteId: this.#quoteId,
      hint: 'Go on with executions.wait({ quoteId }).',
      cause: signal.reason,
    })
  }
}

/** Whether the next poll may well succeed. */
function isPassing(error: OneBalanceError): boolean {
  if (error.code === 'request_rejected') return error.status === 408 || error.status === 425
  return [
    'network',
    'timeout',
    'server_error',
    'rate_limited',
    'not_found',
    'invalid_response',
    'response_too_large',
  ].includes(error.code)
}

function duration(name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY) return value
  throw new ConfigurationError({ message: `${name} must be a positive number of milliseconds` })
}
