import type { ServerErrorBody } from '../api.ts'

/** How deep an error may be wrapped in `error`, `message`, `data` or a list. */
const MAX_DEPTH = 4

/**
 * Reads an error body as most APIs write it, and OneBalance in each of its variants: `error` may be missing, `message` may be a
 * list, the number is `statusCode` or `code`, and either of the texts may be an object that holds them.
 */
export function readError(body: unknown): ServerErrorBody | undefined {
  return read(body, 0)
}

function read(body: unknown, depth: number): ServerErrorBody | undefined {
  if (typeof body === 'string') return body.trim() ? { message: body } : undefined
  if (typeof body !== 'object' || body === null || depth >= MAX_DEPTH) return undefined
  if (Array.isArray(body)) {
    const messages = body.map((item) => read(item, depth + 1)?.message).filter((message) => message !== undefined)
    return messages.length > 0 ? { message: messages.join('; ') } : undefined
  }
  const fields = body as Record<string, unknown>
  const inner = [fields['error'], fields['message'], fields['data'], fields['errors']]
    .filter((value) => typeof value === 'object')
    .map((value) => read(value, depth + 1))
    .find((found) => found !== undefined)
  const error = textOf(fields['error']) ?? inner?.error
  const message = textOf(fields['message']) ?? inner?.message
  const code = codeOf(fields['code']) ?? codeOf(fields['statusCode']) ?? inner?.code
  if (error === undefined && message === undefined && code === undefined) return undefined
  return {
    ...(error !== undefined && { error }),
    ...(message !== undefined && { message }),
    ...(code !== undefined && { code }),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() ? value : undefined
}

function codeOf(value: unknown): string | number | undefined {
  return typeof value === 'number' ? value : textOf(value)
}
