/** An `AbortSignal`, or what is one as far as this package looks. */
export interface Abortable {
  readonly aborted: boolean
  readonly reason: unknown
  /** In place of the events of an `AbortSignal`: calls `fn` once, unless the returned function is called first. */
  onAbort?(fn: () => void): () => void
}

/** One listener a signal, however many calls share it: Node.js 20 warns of a leak at the eleventh. */
const fans = new WeakMap<AbortSignal, { readonly callbacks: Set<() => void>; readonly listener: () => void }>()

/** Calls `fn` when the signal aborts, unless the returned function is called first. Leaves no listener behind. */
export function onAbort(signal: Abortable, fn: () => void): () => void {
  return signal.onAbort?.(fn) ?? onAbortEvent(signal as AbortSignal, fn)
}

function onAbortEvent(signal: AbortSignal, fn: () => void): () => void {
  let fan = fans.get(signal)
  if (!fan) {
    const callbacks = new Set<() => void>()
    const listener = (): void => {
      fans.delete(signal)
      for (const callback of callbacks) callback()
    }
    fan = { callbacks, listener }
    fans.set(signal, fan)
    signal.addEventListener('abort', listener, { once: true })
  }
  const { callbacks, listener } = fan
  // A wrapper, so that the same function given twice is called twice.
  const callback = (): void => fn()
  callbacks.add(callback)
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return
    signal.removeEventListener('abort', listener)
    if (fans.get(signal)?.callbacks === callbacks) fans.delete(signal)
  }
}
