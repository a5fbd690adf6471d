import type { Issue } from './api.ts'
import type { Answer } from './attempt.ts'
import { findIssues } from './conforms.ts'
import { ExecutionError, ResponseError } from './errors/classes.ts'
import { toLine } from './errors/normalize.ts'
import type { Plan } from './plan.ts'

/**
 * Reads a complete 2xx answer. Validation only checks: what is handed out is the object from `JSON.parse`, with unknown fields and
 * key order as they came.
 *
 * @throws {ResponseError} when it is not JSON or off contract
 * @throws {ExecutionError} when it reports a failure
 */
export function checkAnswer(plan: Plan, answer: Answer, validate: boolean): unknown {
  const { endpoint, method, path } = plan
  const { status, text } = answer
  const invalid = (problem: string, issues?: readonly Issue[]): ResponseError =>
    new ResponseError({
      code: 'invalid_response',
      message: `${method} ${path}: ${status}, but ${problem}`,
      outcome: 'accepted',
      status,
      requestId: answer.requestId(),
      issues,
      hint: 'This is not what the API documents: check baseURL, and for a newer version of this library.',
    })
  if (text === '' && !endpoint && (method === 'HEAD' || status === 204 || status === 205)) return undefined
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw invalid(text.trim() === '' ? 'the body is empty' : `the body is not JSON: ${toLine(text)}`)
  }
  if (!endpoint) return data
  const issues = validate && findIssues(endpoint.output, data)
  if (issues) {
    throw invalid(
      `the body is off contract: ${issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ')}`,
      issues,
    )
  }
  const failure = endpoint.failure?.(data)
  if (failure !== undefined) {
    const said = toLine(failure) ?? ''
    throw new ExecutionError({
      message: `${method} ${path}: ${status}, but the API reports a failure: ${said}`,
      outcome: 'unknown',
      status,
      requestId: answer.requestId(),
      serverError: { error: said },
      hint: 'Ask for the status of the quote before doing anything else: executeAndWait does so.',
    })
  }
  return data
}
