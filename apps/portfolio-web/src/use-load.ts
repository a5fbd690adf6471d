import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

/** Something that is loaded: `data` stays while it is loaded again, so that the page does not flicker. */
export interface Load<T> {
  readonly isLoading: boolean
  readonly data?: T | undefined
  readonly error?: unknown
}

/**
 * Loads on the first render, and again when `reload` is called. A newer load ends the one before it.
 *
 * @param load gets a signal that aborts when its result is no longer wanted
 */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>): Load<T> & { readonly reload: () => void } {
  const [state, setState] = useState<Load<T>>({ isLoading: true })
  const running = useRef<AbortController>()
  const latest = useRef(load)
  latest.current = load
  const reload = useCallback(() => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    setState(({ data }) => ({ isLoading: true, data }))
    latest.current(controller.signal).then(
      (data) => !controller.signal.aborted && setState({ isLoading: false, data }),
      (error: unknown) =>
        !controller.signal.aborted && setState(({ data }) => ({ isLoading: false, data, error })),
    )
  }, [])
  useEffect(() => {
    reload()
    return () => running.current?.abort()
  }, [reload])
  return { ...state, reload }
}
