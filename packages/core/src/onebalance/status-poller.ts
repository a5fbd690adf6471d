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
export interface StatusPoller {
  /** The last status that was seen. */
  readonly lastStatus: ExecutionStatus | undefined
  /** Why the last poll failed, if it did. */
  readonly lastError: OneBalanceError | undefined
  /** Time of the whole wait, ms. */
  readonly deadline: number
  /** Ms since the beginning. Sleep counts also where the clock stands still, so that every wait ends. */
  elapsed(): number
  /**
   * Polls until the status is one that `isEnough` takes, or until `limit` ms after the beginning.
   *
   * @returns the answer, or `undefined` when the time is over
   * @throws {AbortError} on the signal
   * @throws whatever error makes further polls useless: 401, 403, another 4xx, configuration
   */
  until(isEnough: (status: ExecutionStatus | undefined) => boolean, limit?: number): Promise<Execution | undefined>
}

/** @throws {ConfigurationError} for an option that cannot be used */
export function createStatusPoller(
  call: Caller,
  endpoint: Endpoint<ExecutionInput, Execution>,
  quoteId: string,
  options: WaitOptions = {},
): StatusPoller {
  const { runtime } = call
  const { signal, headers, validate, timeout } = options
  const deadline = duration('deadline', options.deadline ?? DEFAULT_DEADLINE)
  const initial = duration('interval.initial', options.interval?.initial ?? 1_000)
  const max = Math.max(initial, duration('interval.max', options.interval?.max ?? 5_000))
  const startedAt = runtime.now()
  let interval = initial
  let slept = 0
  let hasPolled = false
  let last: Execution | undefined
  let lastStatus: ExecutionStatus | undefined
  let lastError: OneBalanceError | undefined

  const elapsed = () => Math.max(slept, runtime.now() - startedAt)

  const poll = async (left: number): Promise<void> => {
    try {
      // No retry: the next poll is one.
      last = await call(endpoint, { quoteId }, { signal, headers, validate, timeout, deadline: left, retry: false })
      lastError = undefined
      report(last)
    } catch (error) {
      if (signal?.aborted) throw aborted(signal)
      if (!isOneBalanceError(error) || !isPassing(error)) throw error
      lastError = error
    }
  }

  const report = (execution: Execution): void => {
    const status = readStatus(execution)
    if (status === undefined || status === lastStatus) return
    lastStatus = status
    // An observer must not decide over money, whether it throws or rejects.
    const observe = async () => options.onStatus?.(status, execution)
    observe().catch(() => {})
  }

  /** From `initial` to `max`, less a random part that never goes below `initial`; never before the API asks for. */
  const nextDelay = (): number => {
    const jitter = runtime.random() * Math.min(interval * JITTER, interval - initial)
    const delay = Math.max(interval - jitter, lastError?.retryAfter ?? 0)
    interval = Math.min(max, interval * GROWTH)
    return delay
  }

  const sleep = async (ms: number): Promise<void> => {
    if (ms <= 0) return
    slept = elapsed() + ms
    try {
      await runtime.sleep(ms, signal)
    } catch (error) {
      throw signal?.aborted ? aborted(signal) : error
    }
    if (signal?.aborted) throw aborted(signal)
  }

  const aborted = ({ reason }: AbortSignal): AbortError =>
    new AbortError({
      message: 'the wait for the execution was aborted by the caller; the execution goes on',
      outcome: lastStatus === undefined ? 'unknown' : 'accepted',
      method: endpoint.method,
      path: endpoint.path,
      stopped: 'aborted',
      quoteId,
      hint: 'Go on with executions.wait({ quoteId }).',
      cause: reason,
    })

  return {
    get lastStatus() {
      return lastStatus
    },
    get lastError() {
      return lastError
    },
    deadline,
    elapsed,
    async until(isEnough, limit = deadline) {
      for (;;) {
        if (last && isEnough(readStatus(last))) return last
        if (hasPolled) await sleep(Math.min(nextDelay(), limit - elapsed()))
        const left = limit - elapsed()
        // Less than a millisecond is no time for a poll, and no deadline that a call takes.
        if (left < 1) return undefined
        hasPolled = true
        await poll(left)
      }
    },
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
