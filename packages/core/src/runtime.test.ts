import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createVirtualClock } from '../test/virtual-clock.ts'
import { resolveRuntime } from './runtime.ts'

describe('the default runtime', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each([2 ** 31 - 1, 2 ** 31, 2_147_484_000, 3 * 2 ** 31 + 5])('a timer of %i ms fires then, not at once', (ms) => {
    const fn = vi.fn()
    resolveRuntime().setTimer(ms, fn)
    vi.advanceTimersByTime(ms - 1)
    expect(fn).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fn).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('cancels a long timer at any moment', () => {
    const fn = vi.fn()
    const cancel = resolveRuntime().setTimer(3 * 2 ** 31, fn)
    vi.advanceTimersByTime(2 ** 32)
    cancel()
    expect(vi.getTimerCount()).toBe(0)
    vi.runAllTimers()
    expect(fn).not.toHaveBeenCalled()
  })

  it('arms a timer without end', () => {
    const fn = vi.fn()
    const cancel = resolveRuntime().setTimer(Number.POSITIVE_INFINITY, fn)
    vi.advanceTimersByTime(2 ** 33)
    expect(fn).not.toHaveBeenCalled()
    cancel()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('sleep', () => {
  it('is made of setTimer, and ends with its signal, leaving nothing', async () => {
    const clock = createVirtualClock()
    const { sleep } = resolveRuntime(clock.runtime)
    const reason = new Error('enough')
    const controller = new AbortController()
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const asleep = sleep(1_000, controller.signal)
    expect(clock.pending).toBe(1)
    controller.abort(reason)
    await expect(asleep).rejects.toBe(reason)
    expect(clock.pending).toBe(0)
    await expect(sleep(1_000, controller.signal)).rejects.toBe(reason)

    const awake = new AbortController()
    const added = vi.spyOn(awake.signal, 'addEventListener')
    const gone = vi.spyOn(awake.signal, 'removeEventListener')
    await clock.run(sleep(5, awake.signal))
    expect([added.mock.calls.length, gone.mock.calls.length, clock.now()]).toEqual([1, 1, 5])
    expect(removed).not.toHaveBeenCalled()
  })

  it('ends with its signal also where the given sleep knows none', async () => {
    const controller = new AbortController()
    const { sleep } = resolveRuntime({ sleep: () => new Promise(() => {}) })
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const asleep = sleep(1_000, controller.signal)
    controller.abort('enough')
    await expect(asleep).rejects.toBe('enough')
    expect(removed).not.toHaveBeenCalled()
    await expect(sleep(1_000, controller.signal)).rejects.toBe('enough')
  })
})
