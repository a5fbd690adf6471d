import type { CollectedBody } from '@ob/core'
import type { Dispatcher } from 'undici'

/** The part of a stream's reader that is read here. */
export interface BodyReader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>
  cancel(): Promise<void>
}

/** Chunks that wait for a reader before the socket is paused. */
const HIGH_WATER_MARK = 4

/** A body that arrives by callbacks, and is read by promises with backpressure to the socket, or collected whole. */
export class ResponseBody implements BodyReader {
  private readonly controller: Dispatcher.DispatchController
  private readonly chunks: Uint8Array[] = []
  private isEnded = false
  private failure: { readonly error: unknown } | undefined
  private wake: (() => void) | undefined
  private collecting: { readonly maxBytes: number; readonly settle: (body: CollectedBody) => void } | undefined
  private bytes = 0

  constructor(controller: Dispatcher.DispatchController) {
    this.controller = controller
  }

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.bytes += chunk.length
    if (!this.collecting && this.chunks.length >= HIGH_WATER_MARK) this.controller.pause()
    this.notify()
  }

  end(): void {
    this.isEnded = true
    this.notify()
  }

  error(error: unknown): void {
    this.failure ??= { error }
    this.notify()
  }

  /** The whole body by one promise; past `maxBytes` the connection is dropped. */
  collect(maxBytes: number): Promise<CollectedBody> {
    return new Promise((settle) => {
      this.collecting = { maxBytes, settle }
      if (this.controller.paused) this.controller.resume()
      this.notify()
    })
  }

  async read(): Promise<{ done: boolean; value?: Uint8Array }> {
    for (;;) {
      const value = this.chunks.shift()
      if (value) {
        if (this.controller.paused && this.chunks.length < HIGH_WATER_MARK) this.controller.resume()
        return { done: false, value }
      }
      if (this.failure) throw this.failure.error
      if (this.isEnded) return { done: true }
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  async cancel(): Promise<void> {
    this.chunks.length = 0
    if (!this.isEnded && !this.failure) this.controller.abort(new Error('the answer is not wanted any more'))
  }

  private notify(): void {
    this.wake?.()
    this.wake = undefined
    if (!this.collecting) return
    const { maxBytes, settle } = this.collecting
    const chunks = this.chunks
    if (this.bytes > maxBytes) {
      settle({ chunks, failure: { kind: 'too_large' } })
      void this.cancel()
    } else if (this.failure) settle({ chunks, failure: { kind: 'cut', cause: this.failure.error } })
    else if (this.isEnded) settle({ chunks })
  }
}
