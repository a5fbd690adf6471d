import type { Api, RetryClass, ServerErrorBody } from '../api.ts'
import type { Failure } from '../retry/policy.ts'
import { isRetryable } from '../retry/policy.ts'
import type { RateInfo } from '../retry/retry-after.ts'
import type { ErrorDetails, OneBalanceError } from './base.ts'
import {
  AuthenticationError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  RequestError,
  ServerError,
} from './classes.ts'
import { hintForStatus, reasonPhrase } from './hints.ts'
import { readError } from './read-error.ts'

/** The error of an answer with a 4xx or 5xx status, whatever its body is. `text` must be redacted already. */
export function errorFromStatus(answer: {
  readonly api: Api
  readonly method: string
  readonly path: string
  readonly status: number
  readonly text: string
  readonly rate: RateInfo
  readonly now: number
  readonly requestId: string | undefined
  readonly retryClass: RetryClass
}): OneBalanceError {
  const { api, method, path, status, rate, now, requestId, retryClass } = answer
  const serverError = readServerError(answer.text, status, api)
  const said = serverError?.message ?? serverError?.error
  const retryAfter = rate.retryAfter ?? (status === 429 ? rate.resetAfter : undefined)
  const details: ErrorDetails = {
    message: `${method} ${path}: ${status} ${reasonPhrase(status)}${said ? `: ${said}` : ''}`,
    outcome: status >= 500 ? 'unknown' : 'rejected',
    status,
    method,
    path,
    requestId,
    retryAfter,
    retryable: isRetryable(retryClass, { kind: 'status', status } satisfies Failure) || status === 429,
    hint: hintForStatus(status, api),
    serverError,
  }
  if (status === 401) return new AuthenticationError(details)
  if (status === 403) return new PermissionError(details)
  if (status === 404 || status === 410) return new NotFoundError(details)
  if (status === 429) {
    const resetAt = rate.resetAfter === undefined ? undefined : now + rate.resetAfter
    return new RateLimitError({ ...details, limit: rate.limit, remaining: rate.remaining, resetAt })
  }
  return status >= 500 ? new ServerError(details) : new RequestError(details)
}

/** What the API said, in one shape: from its own reader, from the usual fields, or the beginning of a text that is not JSON. */
export function readServerError(
  text: string,
  status: number,
  api: Pick<Api, 'readError'>,
): ServerErrorBody | undefined {
  const body = parseLeniently(text)
  if (body === undefined) {
    const message = toLine(
      text.slice(0, 4_096).replace(/<(?:style|script)[\s\S]*?<\/(?:style|script)\s*>|<[^>]*>/gi, ' '),
    )
    return message ? { message } : undefined
  }
  const read = api.readError?.(body, status) ?? readError(body)
  const error = toLine(read?.error)
  const message = toLine(read?.message)
  const { code } = read ?? {}
  if (!error && !message && code === undefined) return undefined
  return {
    ...(error && { error }),
    ...(message && { message }),
    ...(code !== undefined && { code: typeof code === 'string' ? toLine(code) : code }),
  }
}

const SNIPPET_LENGTH = 200

/** One line of at most 200 characters. */
export function toLine(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const line = value
    .slice(0, 1_000)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return line.length > SNIPPET_LENGTH ? `${line.slice(0, SNIPPET_LENGTH - 1)}…` : line || undefined
}

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
