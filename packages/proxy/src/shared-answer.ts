import type { AnswerReader, ProxyAnswer } from './exchange.ts'

/** Past so many bytes nobody can join an answer any more, and it is not kept. */
const KEPT_BYTES = 1_048_576

/** One answer from upstream. */
export interface UpstreamAnswer extends ProxyAnswer {
  /** Gives the rest of the body up. */
  cancel?(): void
}

/** One answer for everybody who waits for it: each reads it from its first byte, at their own pace. */
export interface SharedAnswer {
  /** One more who waits for it. `leave` says that they are gone. */
  join(): { readonly answer: Promise<ProxyAnswer>; leave(): void }
  /** Whether it can still be joined: all of the body that came so far is here, and more is on its way or it is over. */
  readonly isWhole: boolean
  /** The answer with its whole body, once it is over; `undefined` if it is too large to be kept, was given up or broke off. */
  readonly done: Promise<ProxyAnswer | undefined>
}

/**
 * Shares what `start` answers; it is called at once and must not reject.
 *
 * @param isCancelable whether it is given up when everybody who waited for it is gone; otherwise it is read to its end
 */
export function shareAnswer(
  start: (signal: AbortSignal | undefined) => Promise<UpstreamAnswer>,
  isCancelable: boolean,
): SharedAnswer {
  const controller = isCancelable ? new AbortController() : undefined
  const head = start(controller?.signal)
  const chunks: (Uint8Array | undefined)[] = []
  const readers = new Set<{ next: number }>()
  let bytes = 0
  let released = 0
  let state: 'open' | 'ended' | { readonly error: unknown } = 'open'
  let isWhole = true
  let pulling: Promise<void> | undefined
  let settle: (answer: ProxyAnswer | undefined) => void
  const done = new Promise<ProxyAnswer | undefined>((resolve) => {
    settle = resolve
  })

  const breakOff = (error: unknown): void => {
    state = { error }
    isWhole = false
    settle(undefined)
  }
  const pull = (source: AnswerReader, answer: ProxyAnswer): Promise<void> => {
    pulling ??= pullOne(source, answer)
    return pulling
  }
  const pullOne = async (source: AnswerReader, answer: ProxyAnswer): Promise<void> => {
    try {
      const chunk = await source.read()
      if (state !== 'open') return
      if (chunk) {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > KEPT_BYTES) isWhole = false
        return
      }
      state = 'ended'
      settle(isWhole ? { ...answer, body: concat(chunks as Uint8Array[], bytes) } : undefined)
    } catch (error) {
      breakOff(error)
    } finally {
      pulling = undefined
    }
  }
  const release = (): void => {
    if (isWhole) return
    const slowest = Math.min(...[...readers].map(({ next }) => next))
    for (; released < slowest && released < chunks.length; released += 1) chunks[released] = undefined
  }

  void head.then(async (answer) => {
    const { body } = answer
    if (!isReader(body)) {
      state = 'ended'
      settle(answer)
    } else if (!isCancelable) {
      while (state === 'open') await pull(body, answer)
    }
  })

  return {
    get isWhole() {
      return isWhole
    },
    done,
    join() {
      const reader = { next: 0 }
      readers.add(reader)
      const open = (answer: UpstreamAnswer): ProxyAnswer => {
        const { status, headers, body } = answer
        if (!isReader(body)) return answer
        const read = async (): Promise<Uint8Array | undefined> => {
          for (;;) {
            const chunk = chunks[reader.next]
            if (chunk) {
              reader.next += 1
              release()
              return chunk
            }
            if (state === 'ended') return undefined
            if (state !== 'open') throw state.error
            await pull(body, answer)
          }
        }
        return { status, headers, body: { read } }
      }
      return {
        answer: head.then(open),
        leave() {
          if (!readers.delete(reader) || readers.size > 0 || !isCancelable || state !== 'open') return
          breakOff(new Error('everybody who waited for it is gone'))
          controller?.abort()
          void head.then(({ cancel }) => cancel?.())
        },
      }
    },
  }
}

/** Whether a body is read piece by piece. */
export function isReader(body: ProxyAnswer['body']): body is AnswerReader {
  return typeof body === 'object' && body !== null && 'read' in body
}

/** Pieces as one. */
export function concat(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  if (chunks.length === 1 && chunks[0]) return chunks[0]
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
