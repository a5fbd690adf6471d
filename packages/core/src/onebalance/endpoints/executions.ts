import { endpoint } from '../../api.ts'
import { type Execution, type ExecutionInput, execution, executionInput } from '../schemas/execution.ts'

/** Where the execution of a quote is. Empty while it is not known yet. See `executions.wait`. */
export const getExecutionStatus = endpoint<ExecutionInput, Execution>({
  method: 'GET',
  path: '/api/v3/status/get-execution-status',
  summary: 'Where the execution of a quote is',
  input: executionInput,
  output: execution,
  retry: 'safe',
  quoteId: (input) => input.quoteId,
})

/** Where the execution of a v1 quote is. Use {@link getExecutionStatus} in new code. */
export const getExecutionStatusV1 = endpoint<ExecutionInput, Execution>({
  method: 'GET',
  path: '/api/status/get-execution-status',
  summary: 'Where the execution of a v1 quote is',
  input: executionInput,
  output: execution,
  retry: 'safe',
  quoteId: (input) => input.quoteId,
})
