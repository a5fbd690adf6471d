import { onAbort } from './on-abort.ts'
import type { Runtime } from './options.ts'

/** Longer timers fire at once: the delay is a signed 32-bit integer (HTML, "timers"; Node.js, `setTimeout`). */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Fills in the parts of the runtime that were not given, and makes every wait end when its signal aborts. */
export function resolveRuntime(parts: Partial<Runtime> = {}): Runtime {
  const now = parts.now ?? Date.now
  const setTimer = parts.setTimer ?? startTimer
  const { random = Math.random, sleep } = parts
  return Object.freeze({
    now: () => now(),
    random: () => random(),
    setTimer: (ms: number, fn: () => void) => setTimer(ms, fn),
    sleep: (ms: number, signal?: AbortSignal) =>
      sleep ? abortable(() => sleep(ms, signal), signal) : sleepOn(setTimer, ms, signal),
  })
}

/** Settles as the promise does, or rejects with the signal's reason as soon as it aborts. Leaves no listener behind. */
export function abortable<T>(start: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return start()
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const stopListening = onAbort(signal, () => reject(signal.reason))
    start().then(resolve, reject).finally(stopListening)
  })
}

function startTimer(ms: number, fn: () => void): () => void {
  if (ms <= MAX_TIMER_MS) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  }
  let rest = ms - MAX_TIMER_MS
  const next = (): void => {
    if (rest <= 0) {
      fn()
      return
    }
    const step = Math.min(rest, MAX_TIMER_MS)
    rest -= step
    timer = setTimeout(next, step)
  }
  let timer = setTimeout(next, MAX_TIMER_MS)
  return () => clearTimeout(timer)
}

function sleepOn(setTimer: Runtime['setTimer'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const cancel = setTimer(ms, () => {
      stopListening?.()
      resolve()
    })
    const stopListening =
      signal &&
      onAbort(signal, () => {
        cancel()
        reject(signal.reason)
      })
  })
}
