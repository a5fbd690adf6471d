import type { BodyFailure, CollectedBody, WholeBody } from './adapter.ts'
import type { TimeLimit } from './time-limit.ts'

/** A body as text, as far as it came. */
export interface Body {
  readonly text: string
  readonly failure?: BodyFailure
}

/** A piece of a body, its end, or why there is no more of it. */
export type BodyChunk =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: undefined }
  | { readonly failure: BodyFailure }

/** Reads a body piece by piece. */
export interface BodyReader {
  /** Never rejects. */
  read(): Promise<BodyChunk>
  /** Gives the rest up. */
  cancel(): void
}

/**
 * Opens a body. Bytes are counted after decompression, since a few hundred bytes on the wire can become gigabytes; past the limit,
 * there is a failure in place of the next piece.
 */
export function openBody(response: Response, maxBytes: number, limit: TimeLimit): BodyReader {
  const isDoublyCompressed = response.headers.get('content-encoding')?.includes(',')
  const reader = response.body?.getReader()
  // That of a native transport, when the attempt is stopped.
  const endsByItself = asWhole(response) !== undefined
  let bytes = 0
  return {
    async read() {
      if (isDoublyCompressed)
        return { failure: { kind: 'unreadable', problem: 'the answer is compressed more than once' } }
      if (!reader) return { done: true }
      try {
        const { done, value } = await (endsByItself ? reader.read() : limit.race(reader.read()))
        if (done || !value) return { done: true }
        bytes += value.byteLength
        return bytes > maxBytes ? { failure: { kind: 'too_large' } } : { done, value }
      } catch (cause) {
        return { failure: { kind: 'cut', cause } }
      }
    },
    cancel: () => void reader?.cancel().catch(() => {}),
  }
}

/** A collected body as UTF-8. What is not `isOk` is only read for a message, so any text will do. */
export function toBody({ chunks, failure }: CollectedBody, isOk: boolean): Body {
  // Only an error's message is made of it, and that is short.
  if (failure) return { text: decode(chunks.slice(0, 4), false), failure }
  try {
    return { text: decode(chunks, isOk) }
  } catch {
    return {
      text: decode(chunks.slice(0, 4), false),
      failure: { kind: 'unreadable', problem: 'the answer is not UTF-8' },
    }
  }
}

/**
 * A body of up to `maxBytes` in as few promises as the transport can give it; past them, reading stops and the connection is dropped.
 * `isFramed`: the transport keeps bodies to their declared length. Never rejects.
 */
export function collectBody(
  response: Response,
  maxBytes: number,
  limit: TimeLimit,
  isFramed: boolean | undefined,
): Promise<CollectedBody> {
  const whole = asWhole(response)
  if (whole) return whole.collect(maxBytes)
  return isFramed && response.ok && declaresAtMost(maxBytes, response.headers)
    ? takeWhole(response, limit)
    : collect(response, maxBytes, limit)
}

/** The answer as one whose body can be had by one promise, if it is such a one; what is compressed has to be read piece by piece. */
function asWhole(response: Response): WholeBody | undefined {
  const whole = response as Response & Partial<WholeBody>
  return whole.collect && !response.headers.has('content-encoding') ? (whole as WholeBody) : undefined
}

/** Whether the length that a body has after decoding is known before, and fits. Two codings of the message make a length a lie. */
function declaresAtMost(maxBytes: number, headers: Headers): boolean {
  const length = headers.get('content-length')
  return (
    length !== null &&
    /^\d{1,15}$/.test(length) &&
    Number(length) <= maxBytes &&
    !headers.has('content-encoding') &&
    !headers.has('transfer-encoding')
  )
}

/** By one promise, which costs a fraction of what a stream does. */
function takeWhole(response: Response, limit: TimeLimit): Promise<CollectedBody> {
  return limit.race(response.arrayBuffer()).then(
    (bytes) => ({ chunks: [new Uint8Array(bytes)] }),
    (cause) => ({ chunks: [], failure: { kind: 'cut', cause } }),
  )
}

async function collect(response: Response, maxBytes: number, limit: TimeLimit): Promise<CollectedBody> {
  const reader = openBody(response, maxBytes, limit)
  const chunks: Uint8Array[] = []
  for (;;) {
    const chunk = await reader.read()
    if ('failure' in chunk) {
      reader.cancel()
      return { chunks, failure: chunk.failure }
    }
    if (chunk.done) return { chunks }
    chunks.push(chunk.value)
  }
}

/** At the end and not as they come: of a body that proves too large, no text is made that would only be thrown away. */
function decode(chunks: readonly Uint8Array[], isStrict: boolean): string {
  const bytes = concat(chunks)
  if (!isStrict) return new TextDecoder().decode(bytes)
  strict ??= new TextDecoder('utf-8', { fatal: true })
  return strict.decode(bytes)
}

// A whole text leaves nothing in a decoder, and making one costs more than a small text.
let strict: TextDecoder | undefined

/** Pieces as one; the piece itself where there is no other. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const length = chunks.reduce((total, chunk) => total + chunk.length, 0)
  if (chunks[0]?.length === length) return chunks[0]
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
