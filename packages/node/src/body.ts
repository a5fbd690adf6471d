import type { Dispatcher } from 'undici'

/** The part of a stream's reader that is read here. */
export interface BodyReader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>
  cancel(): Promise<void>
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
  const reader: BodyReader = {
    async read() {
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
    },
    async cancel() {
      chunks.length = 0
      if (!isEnded && !failure) controller.abort(new Error('the answer is not wanted any more'))
    },
  }
  return {
    reader,
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
