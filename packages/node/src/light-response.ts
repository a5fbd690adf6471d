import type { Dispatcher } from 'undici'

/** The part of a body stream that the engine reads. */
export interface LightBody {
  getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> }
}

/** Chunks that wait for a reader before the socket is paused. */
const HIGH_WATER_MARK = 4

/** A body that arrives by callbacks and is read by promises, with backpressure to the socket. */
export function createBody(controller: Dispatcher.DispatchController) {
  const chunks: Uint8Array[] = []
  let isEnded = false
  let failure: { readonly error: unknown } | undefined
  let wake: (() => void) | undefined
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  const read = async (): Promise<{ done: boolean; value?: Uint8Array }> => {
    for (;;) {
      const value = chunks.shift()
      if (value) {
        if (controller.paused && chunks.length < HIGH_WATER_MARK) controller.resume()
        return { done: false, value }
      }
      if (failure) throw failure.error
      if (isEnded) return { done: true }
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const cancel = async (): Promise<void> => {
    chunks.length = 0
    if (!isEnded && !failure) controller.abort(new Error('the answer is not wanted any more'))
  }
  return {
    body: { getReader: () => ({ read, cancel }) } satisfies LightBody,
    push(chunk: Uint8Array): void {
      chunks.push(chunk)
      if (chunks.length >= HIGH_WATER_MARK) controller.pause()
      notify()
    },
    end(): void {
      isEnded = true
      notify()
    },
    error(error: unknown): void {
      failure ??= { error }
      notify()
    },
  }
}

/** A `Response` as far as the engine needs one. A real one is made only when somebody asks for more. */
export class LightResponse {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected = false
  readonly type = 'basic'
  readonly headers: Headers
  readonly body: LightBody
  #real: Response | undefined

  constructor(parts: { url: string; status: number; statusText: string; headers: Headers; body: LightBody }) {
    this.url = parts.url
    this.status = parts.status
    this.statusText = parts.statusText
    this.headers = parts.headers
    this.body = parts.body
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? false
  }

  text(): Promise<string> {
    return this.#toResponse().text()
  }

  json(): Promise<unknown> {
    return this.#toResponse().json()
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#toResponse().arrayBuffer()
  }

  blob(): Promise<Blob> {
    return this.#toResponse().blob()
  }

  clone(): Response {
    return this.#toResponse().clone()
  }

  #toResponse(): Response {
    const reader = this.body.getReader()
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader.read()
        if (value) controller.enqueue(value)
        if (done) controller.close()
      },
      cancel: () => reader.cancel(),
    })
    const hasBody = ![204, 205, 304].includes(this.status)
    this.#real ??= new Response(hasBody ? stream : null, {
      status: this.status,
      statusText: this.statusText,
      headers: this.headers,
    })
    return this.#real
  }
}
