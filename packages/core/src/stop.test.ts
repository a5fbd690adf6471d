import { describe, expect, it } from 'vitest'
import { onAbort } from './on-abort.ts'
import { Stop } from './stop.ts'

describe('Stop', () => {
  it('tells everybody who still listens, once, and keeps the first reason', () => {
    const stop = new Stop()
    const called: string[] = []
    const listen = (name: string) => onAbort(stop, () => called.push(name))
    listen('first')
    listen('second')()
    listen('third')
    expect(stop.aborted).toBe(false)
    stop.abort('why')
    stop.abort('again')
    expect([stop.aborted, stop.reason, called]).toEqual([true, 'why', ['first', 'third']])
  })

  it('can be listened to again by whoever it tells', () => {
    const stop = new Stop()
    onAbort(stop, () => onAbort(stop, () => expect.unreachable())())
    stop.abort()
    expect(stop.aborted).toBe(true)
  })
})
