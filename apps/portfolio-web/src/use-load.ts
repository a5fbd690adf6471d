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
 * @param load gets a signal that aborts when its result is no longer wanted, and what was loaded before
 */
export function useLoad<T>(
  load: (signal: AbortSignal, before: T | undefined) => Promise<T>,
): Load<T> & { readonly reload: () => void } {
  const [state, setState] = useState<Load<T>>({ isLoading: true })
  const running = useRef<AbortController>(undefined)
  const latest = useRef({ load, data: state.data })
  latest.current = { load, data: state.data }
  const reload = useCallback(() => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    setState(({ data }) => ({ isLoading: true, data }))
    const { load, data: before } = latest.current
    load(controller.signal, before).then(
      (data) => !controller.signal.aborted && setState({ isLoading: false, data }),
      (error: unknown) => !controller.signal.aborted && setState(({ data }) => ({ isLoading: false, data, error })),
    )
  }, [])
  useEffect(() => {
    reload()
    return () => running.current?.abort()
  }, [reload])
  return { ...state, reload }
}
