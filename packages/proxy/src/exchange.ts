/** A request as both shells hand it to the rules. */
export interface ProxyRequest {
  readonly method: string
  /** Path and query as they arrived; what the platform has not parsed away. */
  readonly target: string
  readonly scheme: 'http' | 'https'
  /** As written, lower case. */
  readonly host: string
  readonly remoteAddress: string | undefined
  /** Undefined where it is missing; several of one name are joined by `, `. */
  header(name: string): string | undefined
  /** For what the user's functions ask; made when they do. It has no body. */
  toRequest(): Request
  /** Whether a body is announced. */
  readonly hasBody: boolean
  /** The whole body. Rejects with a {@link BodyTooLarge} past `maxBytes`, and when the caller goes or is too slow. */
  readBody(maxBytes: number): Promise<Uint8Array>
  /** Calls `leave` when the caller is gone before the answer was sent whole. */
  onLeave(leave: () => void): void
}

/** Reads an answer's body piece by piece. */
export interface AnswerReader {
  /** The next piece; `undefined` at the end. Rejects when the rest does not come: the connection must be cut then, not ended. */
  read(): Promise<Uint8Array | undefined>
}

/** An answer as both shells send it. */
export interface ProxyAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Pieces are a body that is here whole. */
  readonly body: string | readonly Uint8Array[] | AnswerReader | null
}

/** Memory that a body takes which is here whole, bytes. */
export function memoryOf(body: ProxyAnswer['body']): number {
  if (typeof body === 'string') return body.length * 2
  return isPieces(body) ? body.reduce((bytes, { length }) => bytes + length, 0) : 0
}

/** Whether a body is here whole, as bytes. */
export function isPieces(body: ProxyAnswer['body']): body is readonly Uint8Array[] {
  return Array.isArray(body)
}

/** A body that is longer than it may be. */
export class BodyTooLarge extends Error {}

/** A body that did not arrive in time. */
export class BodyTooSlow extends Error {}
