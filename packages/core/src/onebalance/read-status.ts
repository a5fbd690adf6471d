import type { Execution, ExecutionStatus } from './schemas/execution.ts'

/** Where an execution is, in either of the shapes that the API has had; `undefined` while it is not known yet. */
export function readStatus(execution: Execution): ExecutionStatus | undefined {
  return readField(execution, 'status') || undefined
}

/** Why an execution ended as `REFUNDED` or `FAILED`: at the top, or inside `status` as in older answers. */
export function readFailReason(execution: Execution): string | undefined {
  return readField(execution, 'failReason') || undefined
}

/** Answers may come unchecked (`validate: false`), so nothing is taken for granted. */
function readField(execution: unknown, name: 'status' | 'failReason'): string | undefined {
  const top = execution as Record<string, unknown> | null | undefined
  const nested = top?.['status'] as Record<string, unknown> | null | undefined
  return [top?.[name], nested?.[name]].find((value) => typeof value === 'string') as string | undefined
}
