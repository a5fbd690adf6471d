import { Stop } from '@ob/core/engine'
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
  /** Gives the answer with its whole body, once it is over; `undefined` if it is too large to be kept, was given up or broke off. */
  readonly done: Promise<(() => ProxyAnswer) | undefined>
}

/**
 * Shares what `start` answers; it is called at once and must not reject.
 *
 * @param isCancelable whether it is given up when everybody who waited for it is gone; otherwise it is read to its end
 */
export function shareAnswer(
  start: (signal: Stop | undefined) => Promise<UpstreamAnswer>,
  isCancelable: boolean,
): SharedAnswer {
  return new Shared(start, isCancelable)
}

/** Somebody who reads, and which piece comes next for them. */
interface Reader {
  next: number
}

class Shared implements SharedAnswer {
  readonly done: Promise<(() => ProxyAnswer) | undefined>
  readonly #stop: Stop | undefined
  readonly #head: Promise<UpstreamAnswer>
  readonly #chunks: (Uint8Array | undefined)[] = []
  readonly #readers: Reader[] = []
  #settle!: (whole: (() => ProxyAnswer) | undefined) => void
  #bytes = 0
  #released = 0
  #state: 'open' | 'ended' | { readonly error: unknown } = 'open'
  #isWhole = true
  #pulling: Promise<void> | undefined

  constructor(start: (signal: Stop | undefined) => Promise<UpstreamAnswer>, isCancelable: boolean) {
    this.#stop = isCancelable ? new Stop() : undefined
    this.done = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#head = start(this.#stop)
    void this.#head.then((answer) => this.#begin(answer))
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  join(): { readonly answer: Promise<ProxyAnswer>; leave(): void } {
    const reader: Reader = { next: 0 }
    this.#readers.push(reader)
    return { answer: this.#head.then((answer) => this.#open(answer, reader)), leave: () => this.#leave(reader) }
  }

  async #begin(answer: UpstreamAnswer): Promise<void> {
    const { body } = answer
    if (!isReader(body)) {
      this.#state = 'ended'
      this.#settle(() => answer)
    } else if (!this.#stop) {
      while (this.#state === 'open') await this.#pull(body, answer)
    }
  }

  #open(answer: UpstreamAnswer, reader: Reader): ProxyAnswer {
    const { status, headers, body } = answer
    if (!isReader(body)) return answer
    const read = async (): Promise<Uint8Array | undefined> => {
      for (;;) {
        const chunk = this.#chunks[reader.next]
        if (chunk) {
          reader.next += 1
          this.#release()
          return chunk
        }
        if (this.#state === 'ended') return undefined
        if (this.#state !== 'open') throw this.#state.error
        await this.#pull(body, answer)
      }
    }
    return { status, headers, body: { read } }
  }

  #leave(reader: Reader): void {
    const place = this.#readers.indexOf(reader)
    if (place < 0) return
    this.#readers.splice(place, 1)
    if (this.#readers.length > 0 || !this.#stop || this.#state !== 'open') return
    this.#breakOff(new Error('everybody who waited for it is gone'))
    this.#stop.abort()
    void this.#head.then(({ cancel }) => cancel?.())
  }

  #pull(source: AnswerReader, answer: ProxyAnswer): Promise<void> {
    this.#pulling ??= this.#pullOne(source, answer)
    return this.#pulling
  }

  async #pullOne(source: AnswerReader, answer: ProxyAnswer): Promise<void> {
    try {
      const chunk = await source.read()
      if (this.#state !== 'open') return
      if (chunk) {
        this.#chunks.push(chunk)
        this.#bytes += chunk.length
        if (this.#bytes > KEPT_BYTES) this.#isWhole = false
        return
      }
      this.#state = 'ended'
      const chunks = this.#chunks as Uint8Array[]
      this.#settle(this.#isWhole ? () => ({ ...answer, body: chunks }) : undefined)
    } catch (error) {
      this.#breakOff(error)
    } finally {
      this.#pulling = undefined
    }
  }

  #breakOff(error: unknown): void {
    this.#state = { error }
    this.#isWhole = false
    this.#settle(undefined)
  }

  #release(): void {
    if (this.#isWhole) return
    const slowest = Math.min(...this.#readers.map(({ next }) => next))
    for (; this.#released < slowest && this.#released < this.#chunks.length; this.#released += 1)
      this.#chunks[this.#released] = undefined
  }
}

/** Whether a body is read piece by piece. */
export function isReader(body: ProxyAnswer['body']): body is AnswerReader {
  return typeof body === 'object' && body !== null && 'read' in body
}
