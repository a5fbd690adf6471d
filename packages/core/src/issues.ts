import type { BaseIssue, GenericSchema } from 'valibot'
import type { Issue } from './api.ts'
import { conforms } from './conforms.ts'
import { toLine } from './errors/normalize.ts'

/** More issues than these help nobody. */
const MAX_ISSUES = 10

/**
 * What of a value does not fit a schema; `undefined` where all does. Without the values that valibot's issues quote: a value may be a
 * secret, and may be long.
 */
export function findIssues(schema: GenericSchema, value: unknown): Issue[] | undefined {
  if (conforms(schema, value)) return undefined
  return schema['~run']({ value }, {})
    .issues?.slice(0, MAX_ISSUES)
    .map((issue) => ({
      // A name can be anything where a map is read, and the path goes into a message of one line.
      path: toLine(issue.path?.map((item) => String(item.key)).join('.')) ?? '',
      message: describe(issue),
    }))
}

function describe(issue: BaseIssue<unknown>): string {
  const quoted = `eceived ${issue.received}`
  if (!issue.message.endsWith(quoted)) return issue.message
  if (issue.received === 'undefined') return 'is missing'
  return issue.expected ? `must be ${issue.expected}` : 'is not valid'
}
