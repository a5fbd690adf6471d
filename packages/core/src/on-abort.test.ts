import { describe, expect, it } from 'vitest'
import { onAbort } from './on-abort.ts'

/** A signal that counts its listeners. */
function countingSignal() {
  const controller = new AbortController()
  const { signal } = controller
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = ((...args: Parameters<typeof add>) => {
    listeners += 1
    add(...args)
  }) as typeof add
  signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
    listeners -= 1
    remove(...args)
  }) as typeof remove
  return { controller, signal, listeners: () => listeners }
}

describe('onAbort', () => {
  it('calls everybody who still listens, once', () => {
    const { controller, signal } = countingSignal()
    const called: string[] = []
    onAbort(signal, () => called.push('first'))
    onAbort(signal, () => called.push('second'))()
    onAbort(signal, () => called.push('third'))
    controller.abort()
    controller.abort()
    expect(called).toEqual(['first', 'third'])
  })

  it('puts one listener on a signal that many share, and takes it off with the last', () => {
    const { signal, listeners } = countingSignal()
    const stops = Array.from({ length: 10_000 }, () => onAbort(signal, () => {}))
    expect(listeners()).toBe(1)
    for (const stop of stops) stop()
    for (const stop of stops) stop()
    expect(listeners()).toBe(0)
    onAbort(signal, () => {})
    expect(listeners()).toBe(1)
  })
})
