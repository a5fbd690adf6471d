import { onAbort } from './on-abort.ts'
import type { Runtime } from './options.ts'

/** The time limit and the caller's signal of one attempt, as one signal and one race. */
export interface TimeLimit {
  readonly signal: AbortSignal
  /** Settles as the promise does, or rejects when the attempt is stopped. A value that comes too late goes to `discard`. */
  race<T>(promise: Promise<T>, discard?: (late: T) => void): Promise<T>
  stopped(): 'timeout' | 'aborted' | undefined
  /** Takes timer and listener down, and ends what is still on the wire. */
  end(drop: boolean): void
}

/** Starts the time limit of an attempt, or of a wait that is part of a call. */
export function limitTime(
  runtime: Runtime,
  { signal, timeout }: { readonly signal: AbortSignal | undefined; readonly timeout: number },
): TimeLimit {
  const controller = new AbortController()
  let reason: 'timeout' | 'aborted' | undefined
  let rejectRace: ((reason: unknown) => void) | undefined
  const stop = (why: 'timeout' | 'aborted'): void => {
    reason ??= why
    rejectRace?.(STOPPED)
    controller.abort(STOPPED)
  }
  const cancelTimer = runtime.setTimer(timeout, () => stop('timeout'))
  if (signal?.aborted) stop('aborted')
  const stopListening = signal && onAbort(signal, () => stop('aborted'))
  return {
    signal: controller.signal,
    stopped: () => reason,
    race: (promise, discard) =>
      new Promise((resolve, reject) => {
        if (reason) reject(STOPPED)
        rejectRace = reject
        promise.then((value) => (reason ? discard?.(value) : resolve(value)), reject)
      }),
    end(drop) {
      cancelTimer()
      stopListening?.()
      if (drop) controller.abort(STOPPED)
    },
  }
}

/** One value for all: an `Error` for each attempt would cost a stack trace that nobody sees. */
const STOPPED = new Error('stopped')
