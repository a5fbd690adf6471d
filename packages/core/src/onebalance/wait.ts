import { type Endpoint, type Flow, flow } from '../api.ts'
import { amendError, isOneBalanceError } from '../errors/base.ts'
import { ExecutionError, TimeoutError } from '../errors/classes.ts'
import { readFailReason, readStatus } from './read-status.ts'
import type { Execution, ExecutionInput, ExecutionStatus } from './schemas/execution.ts'
import { createStatusPoller, type StatusPoller, type WaitOptions } from './status-poller.ts'

/**
 * Waits until an execution has ended, and resolves with its last status answer once it is `COMPLETED`. Failed polls (network,
 * timeout, 429, 5xx, 404) are passed over. `EXECUTED` is not the end: the recipient has the assets, the paying side is pending.
 *
 * @example
 * await ob.executions.wait({ quoteId: quote.id }, { onStatus: (status) => console.log(status) })
 * @throws {ExecutionError} when it ended as `REFUNDED` or `FAILED`: `status`, `failReason`
 * @throws {TimeoutError} with scope `deadline`, `quoteId` and `lastStatus` when it has not ended in time; it may still go on
 * @throws {AbortError} on the signal; the execution itself goes on
 */
export type WaitForExecution = (input: ExecutionInput, options?: WaitOptions) => Promise<Execution>

/** `executions.wait`, on whichever endpoint gives the status. */
export function waitFlow(endpoint: Endpoint<ExecutionInput, Execution>): Flow<WaitForExecution> {
  return flow([endpoint], (call) => async (input, options) => {
    // An input that does not fit is refused by the first poll, with the path.
    const poller = createStatusPoller(call, endpoint, input?.quoteId, options)
    return waitForEnd(poller, endpoint, input?.quoteId)
  })
}

/** Polls until the execution has ended, and says how. */
export async function waitForEnd(
  poller: StatusPoller,
  { method, path }: Endpoint<ExecutionInput, Execution>,
  quoteId: string,
): Promise<Execution> {
  const execution = await poller.until(isFinal).catch((error: unknown) => {
    if (isOneBalanceError(error)) amendError(error, { quoteId })
    throw error
  })
  if (!execution) throw timeout()
  const status = readStatus(execution)
  if (status === 'COMPLETED') return execution
  const failReason = readFailReason(execution)
  throw new ExecutionError({
    message: `the execution ended as ${status}${failReason ? `: ${failReason}` : ''}`,
    outcome: 'accepted',
    status,
    failReason,
    method,
    path,
    quoteId,
    hint:
      status === 'REFUNDED'
        ? 'The assets went back to the account: read failReason, then create a new quote.'
        : 'Look at the transactions in its status before trying again with a new quote.',
  })

  function timeout(): TimeoutError {
    const { lastStatus, lastError, deadline } = poller
    return new TimeoutError({
      scope: 'deadline',
      message: `the execution had not ended after ${deadline} ms; ${lastStatus ? `its last status is ${lastStatus}` : 'its status is not known'}`,
      lastStatus,
      outcome: lastStatus === undefined ? 'unknown' : 'accepted',
      method,
      path,
      stopped: 'deadline',
      retryable: true,
      quoteId,
      hint: 'It may still go on: call executions.wait({ quoteId }) again. Do not execute another quote in its place.',
      ...(lastError && { cause: lastError }),
    })
  }
}

function isFinal(status: ExecutionStatus | undefined): boolean {
  return status === 'COMPLETED' || status === 'REFUNDED' || status === 'FAILED'
}
