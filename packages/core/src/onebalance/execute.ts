import { type Endpoint, type Flow, flow } from '../api.ts'
import { amendError, isOneBalanceError, type OneBalanceError } from '../errors/base.ts'
import type { CallOptions, CallPromise } from '../options.ts'
import { toCallPromise } from './call-promise.ts'
import { refuseChanged, rememberQuote } from './issued-quotes.ts'
import type { Execution, ExecutionInput } from './schemas/execution.ts'
import type { ExecutionResponse } from './schemas/quote.ts'
import { createStatusPoller, type StatusPoller, type WaitOptions } from './status-poller.ts'
import { waitForEnd } from './wait.ts'

/** How long the status is asked for when nobody knows whether the execution was taken, ms: far longer than the API takes to know. */
const RECONCILE_WINDOW = 60_000

/** Creates an offer, which the client remembers: see {@link ExecuteQuote}. */
export type CreateQuote<Input, Quote> = (input: Input, options?: CallOptions) => CallPromise<Quote>

/**
 * Executes a signed quote. Sent once at most.
 *
 * @throws {InputError} before sending, when the quote has expired, or is one that this client created and has changed since
 * @throws {OutcomeUnknownError} when it may have been executed or not; `executeAndWait` finds out
 * @throws {ExecutionError} when the API reports a failure inside a 2xx answer; what became of it is not certain either
 */
export type ExecuteQuote<Quote> = (quote: Quote, options?: CallOptions) => CallPromise<ExecutionResponse>

/**
 * Executes a signed quote, once at most, and waits until it is `COMPLETED`. When the answer to the execution is lost or reports a
 * failure, the status is asked for by the quote's id until it is known, and only then it is decided how to go on.
 *
 * @example
 * const done = await ob.quotes.executeAndWait(await signQuote(quote, signers), { onStatus: console.log })
 * @param options as for `executions.wait`; `deadline` is the whole of both, `timeout` that of each request
 * @throws {InputError} before sending, when the quote has expired, or is one that this client created and has changed since
 * @throws {ExecutionError} when it ended as `REFUNDED` or `FAILED`; or was refused inside a 2xx answer (`outcome` is `unknown`)
 * @throws {OutcomeUnknownError} when it could not be found out in a minute whether it was executed
 * @throws {TimeoutError} with `quoteId` and `lastStatus` when it has not ended in time; go on with `executions.wait`
 * @throws {AbortError} on the signal; with `outcome` `unknown` or `accepted` it goes on without you
 */
export type ExecuteAndWait<Quote> = (quote: Quote, options?: WaitOptions) => Promise<Execution>

/** `quotes.create` or `quotes.createCall`: remembers what the API issued. */
export function createFlow<Input, Quote>(endpoint: Endpoint<Input, Quote>): Flow<CreateQuote<Input, Quote>> {
  return flow([endpoint], (call) => (input, options) => {
    const answer = call(endpoint, input, options).withResponse()
    return toCallPromise(
      answer.then((answered) => {
        rememberQuote(call, answered.data)
        return answered
      }),
    )
  })
}

/** `quotes.execute`: refuses a quote that changed since it was issued to this client. */
export function executeFlow<Quote>(endpoint: Endpoint<Quote, ExecutionResponse>): Flow<ExecuteQuote<Quote>> {
  return flow([endpoint], (call) => (quote, options) => {
    const execute = async () => {
      refuseChanged(call, endpoint, quote)
      return call(endpoint, quote, options).withResponse()
    }
    return toCallPromise(execute())
  })
}

/** `quotes.executeAndWait`, on the endpoints that execute and tell the status. */
export function executeAndWaitFlow<Quote extends { id: string }>(
  execute: Endpoint<Quote, ExecutionResponse>,
  status: Endpoint<ExecutionInput, Execution>,
): Flow<ExecuteAndWait<Quote>> {
  return flow([execute, status], (call) => async (quote, options = {}) => {
    const quoteId = quote?.id
    // First, so that an option that cannot be used is refused before value moves.
    const poller = createStatusPoller(call, status, quoteId, options)
    refuseChanged(call, execute, quote)
    const { signal, timeout, deadline, headers, validate } = options
    try {
      await call(execute, quote, { signal, timeout, deadline, headers, validate })
    } catch (error) {
      if (!isOpen(error)) throw error
      await reconcile(poller, error)
    }
    try {
      return await waitForEnd(poller, status, quoteId)
    } catch (error) {
      // An error of a poll says `rejected` or `retryable` of the poll; here that would invite a second execution.
      if (isOneBalanceError(error)) amendError(error, { outcome: 'accepted', retryable: false })
      throw error
    }
  })
}

/** Whether an error leaves open if the quote is being executed. */
function isOpen(error: unknown): error is OneBalanceError {
  return isOneBalanceError(error) && error.outcome === 'unknown' && error.code !== 'aborted'
}

/** Returns once the quote has a status. Where it gets none, the first error stands: it is the one about the value. */
async function reconcile(poller: StatusPoller, error: OneBalanceError): Promise<void> {
  const limit = Math.min(poller.deadline, poller.elapsed() + RECONCILE_WINDOW)
  const found = await poller
    .until((status) => status !== undefined, limit)
    .catch((reason: unknown) => {
      if (isOneBalanceError(reason) && reason.code === 'aborted') throw reason
      return undefined
    })
  if (!found) throw error
}
