import { type Abortable, onAbort } from './on-abort.ts'
import type { Runtime } from './options.ts'

/** The time limit and the caller's signal of one attempt. */
export interface TimeLimit {
  /** Made when it is asked for: a native transport needs none. */
  readonly signal: AbortSignal
  /** Calls `stop` when the attempt is stopped; one at a time. */
  onStop(stop: (reason: unknown) => void): void
  /** Settles as the promise does, or rejects when the attempt is stopped. A value that comes too late goes to `discard`. */
  race<T>(promise: Promise<T>, discard?: (late: T) => void): Promise<T>
  stopped(): 'timeout' | 'aborted' | undefined
  /** Takes timer and listener down, and ends what is still on the wire. */
  end(drop: boolean): void
}

/** Starts the time limit of an attempt, or of a wait that is part of a call. */
export function limitTime(
  runtime: Runtime,
  options: { readonly signal: Abortable | undefined; readonly timeout: number },
): TimeLimit {
  return new Limit(runtime, options)
}

class Limit implements TimeLimit {
  private reason: 'timeout' | 'aborted' | undefined
  private controller: AbortController | undefined
  private rejectRace: ((reason: unknown) => void) | undefined
  private stop: ((reason: unknown) => void) | undefined
  private readonly cancelTimer: () => void
  private readonly stopListening: (() => void) | undefined

  constructor(
    runtime: Runtime,
    { signal, timeout }: { readonly signal: Abortable | undefined; readonly timeout: number },
  ) {
    this.cancelTimer = runtime.setTimer(timeout, () => this.halt('timeout'))
    if (signal?.aborted) this.halt('aborted')
    this.stopListening = signal && onAbort(signal, () => this.halt('aborted'))
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController()
      if (this.reason) this.controller.abort(STOPPED)
    }
    return this.controller.signal
  }

  onStop(stop: (reason: unknown) => void): void {
    if (this.reason) stop(STOPPED)
    else this.stop = stop
  }

  race<T>(promise: Promise<T>, discard?: (late: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.reason) reject(STOPPED)
      this.rejectRace = reject
      promise.then((value) => (this.reason ? discard?.(value) : resolve(value)), reject)
    })
  }

  stopped(): 'timeout' | 'aborted' | undefined {
    return this.reason
  }

  end(drop: boolean): void {
    this.cancelTimer()
    this.stopListening?.()
    if (drop) this.drop()
  }

  private halt(why: 'timeout' | 'aborted'): void {
    this.reason ??= why
    this.rejectRace?.(STOPPED)
    this.drop()
  }

  private drop(): void {
    this.stop?.(STOPPED)
    this.controller?.abort(STOPPED)
  }
}

/** One value for all: an `Error` for each attempt would cost a stack trace that nobody sees. */
const STOPPED = new Error('stopped')
