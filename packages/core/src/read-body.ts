import type { TimeLimit } from './attempt.ts'

/** Why a body could not be read whole. */
export type BodyFailure =
  | { readonly kind: 'cut'; readonly cause: unknown }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'unreadable'; readonly problem: string }

/** A body as text, as far as it came. */
export interface Body {
  readonly text: string
  readonly failure?: BodyFailure
}

/**
 * Reads a body as UTF-8. Bytes are counted after decompression, since a few hundred bytes on the wire can become gigabytes; past the
 * limit, reading stops and the connection is dropped.
 */
export async function readBody(response: Response, maxBytes: number, limit: TimeLimit): Promise<Body> {
  const encoding = response.headers.get('content-encoding')
  if (encoding?.includes(','))
    return {
      text: '',
      failure: {
        kind: 'unreadable',
        problem: 'the answer is compressed more than once',
      },
    }
  const reader = response.body?.getReader()
  if (!reader) return { text: '' }
  const decoder = new TextDecoder('utf-8', { fatal: response.ok })
  let text = ''
  let bytes = 0
  const fail = (failure: BodyFailure): Body => {
    void reader.cancel().catch(() => {})
    return { text, failure }
  }
  for (;;) {
    let chunk: ReadableStreamReadResult<Uint8Array>
    try {
      chunk = await limit.race(reader.read())
    } catch (cause) {
      return fail({ kind: 'cut', cause })
    }
    bytes += chunk.value?.byteLength ?? 0
    if (bytes > maxBytes) return fail({ kind: 'too_large' })
    try {
      text += chunk.value ? decoder.decode(chunk.value, { stream: true }) : decoder.decode()
    } catch {
      return fail({ kind: 'unreadable', problem: 'the answer is not UTF-8' })
    }
    if (chunk.done) return { text }
  }
}
