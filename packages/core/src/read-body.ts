import type { TimeLimit } from './time-limit.ts'

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
  const chunks: Uint8Array[] = []
  let bytes = 0
  const fail = (failure: BodyFailure): Body => {
    void reader.cancel().catch(() => {})
    // Only an error's message is made of it, and that is short.
    return { text: decode(chunks.slice(0, 4), false), failure }
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
    if (chunk.value) chunks.push(chunk.value)
    if (!chunk.done) continue
    try {
      return { text: decode(chunks, response.ok) }
    } catch {
      return fail({ kind: 'unreadable', problem: 'the answer is not UTF-8' })
    }
  }
}

/** At the end and not as they come: of a body that proves too large, no text is made that would only be thrown away. */
function decode(chunks: readonly Uint8Array[], fatal: boolean): string {
  const decoder = new TextDecoder('utf-8', { fatal })
  let text = ''
  for (const chunk of chunks) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
