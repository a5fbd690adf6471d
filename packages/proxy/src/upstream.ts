import type { OneBalanceError } from '@ob/core'
import { concat, type Forwarder, type HeaderReader, type Stop } from '@ob/core/engine'
import type { AnswerReader, ProxyRequest } from './exchange.ts'
import type { Match } from './paths.ts'
import { problem, problemOf, SAFE_HEADERS } from './problem.ts'
import type { UpstreamAnswer } from './shared-answer.ts'

/** Answers up to this size come whole, with a length; larger ones as they arrive, bytes. */
const SMALL_BYTES = 65_536
/** So much of all others is here before their head is sent, bytes: what breaks off before can still be answered with an error. */
const GATHERED_BYTES = 1_024

/** Request headers that pass, beside the content type, which is always JSON. */
const PASSED = ['accept', 'accept-language', 'traceparent'] as const
/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/

/** The headers of a request that pass to the API; all others stop here. */
export function passHeaders(request: ProxyRequest): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of PASSED) {
    const value = request.header(name)
    if (value === undefined || value.length > 256 || !/^[\x20-\x7e]+$/.test(value)) continue
    if (name !== 'traceparent' || TRACEPARENT.test(value)) headers[name] = value
  }
  return headers
}

/** Asks the API, and makes what comes an answer that may be passed on. Never rejects. */
export async function askUpstream(
  forward: Forwarder,
  { endpoint, path, query }: Match,
  request: {
    readonly body: string | undefined
    readonly headers: Readonly<Record<string, string>>
    readonly signal: Stop | undefined
  },
  onError: (error: OneBalanceError) => void,
): Promise<UpstreamAnswer> {
  const fail = (error: OneBalanceError, passed?: Record<string, string>): UpstreamAnswer => {
    onError(error)
    return problemOf(error, passed)
  }
  const result = await forward({ endpoint, path, query, ...request })
  const passed = passAnswerHeaders(forward, result.headers)
  if (result.error) return fail(result.error, passed)
  const { stream, status, headers } = result
  const headed = { ...passed, ...SAFE_HEADERS }
  if (status === 204 || status === 205) {
    stream.cancel()
    return { status, headers: headed, body: null }
  }
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(headers?.get('content-type') ?? '')) {
    stream.cancel()
    return problem(502, 'invalid_response', 'The API answered with what is not JSON.')
  }
  const length = Number(headers?.get('content-length') ?? Number.NaN)
  try {
    if (length <= SMALL_BYTES) return { status, headers: headed, body: await stream.collect() }
    const pieces: Uint8Array[] = []
    for (let bytes = 0; bytes < GATHERED_BYTES; bytes += pieces.at(-1)?.length ?? 0) {
      const piece = await stream.read()
      if (!piece) return { status, headers: headed, body: pieces }
      pieces.push(piece)
    }
    return {
      status,
      headers: headed,
      body: continued(concat(pieces), () => stream.read()),
      cancel: () => stream.cancel(),
    }
  } catch (error) {
    return fail(error as OneBalanceError)
  }
}

function continued(first: Uint8Array, read: AnswerReader['read']): AnswerReader {
  let next: Uint8Array | undefined = first
  return {
    async read() {
      const chunk = next ?? (await read())
      next = undefined
      return chunk
    },
  }
}

/** The headers of an answer that pass, in the form that they must have. */
function passAnswerHeaders(forward: Forwarder, headers: HeaderReader | undefined): Record<string, string> {
  const passed: Record<string, string> = {}
  if (!headers) return passed
  const { limit, remaining, reset } = forward.api.rateHeaders ?? {}
  for (const name of ['retry-after', limit, remaining, reset, 'x-request-id']) {
    const value = name === undefined ? null : headers.get(name)
    if (!name || value === null || value.length > 128) continue
    const isSafe = name === 'x-request-id' ? /^[\x21-\x7e]+$/ : /^[\w ,:.-]+$/
    const text = forward.redact(value)
    if (isSafe.test(text)) passed[name] = text
  }
  return passed
}
