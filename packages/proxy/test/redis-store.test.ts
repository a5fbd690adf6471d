// What the proxy makes of a store's answers, with a client that says them and a clock that is injected.
import { listAssets } from '@ob/core/onebalance'
import { describe, expect, it } from 'vitest'
import { createProxy, type LogEntry, type ProxyOptions, type RedisClient } from '../src/index.ts'
import { createSharedStore, StoreError } from '../src/shared-store.ts'

type Ask = (...words: readonly unknown[]) => Promise<unknown>

const never: Ask = () => new Promise(() => {})

describe('a store that hangs', () => {
  it('costs one request 100 ms in all, however often it is asked', async () => {
    const clock = createClock()
    const { proxy, asked } = createProxyOn(never, { runtime: clock, onStoreError: 'allow' })
    const answer = proxy(request())
    await clock.runUntil(answer)
    expect((await answer).status).toBe(200)
    expect(clock.now()).toBe(100)
    expect(asked()).toBe(1)
  })

  it('is asked again 100 ms later', async () => {
    const clock = createClock()
    const { proxy, asked } = createProxyOn(never, { runtime: clock })
    for (const [at, count] of [
      [0, 1],
      [150, 1],
      [200, 2],
    ] as const) {
      clock.advanceTo(at)
      const answer = proxy(request())
      await clock.runUntil(answer)
      expect((await answer).status).toBe(503)
      expect(asked()).toBe(count)
    }
  })
})

describe('a store that is not connected', () => {
  it.each(['connecting', 'reconnecting', 'close', 'end'])(
    'is not asked, so that no command waits for it: %s',
    async (status) => {
      const { proxy, asked } = createProxyOn(never, {}, { status })
      expect((await proxy(request())).status).toBe(503)
      expect(asked()).toBe(0)
    },
  )

  it('is asked where it connects when it is', async () => {
    const clock = createClock()
    const { proxy, asked } = createProxyOn(never, { runtime: clock }, { status: 'wait' })
    await clock.runUntil(proxy(request()))
    expect(asked()).toBe(1)
  })
})

describe('a store that answers garbage', () => {
  it.each([['garbage'], [42], [{}], [[]], [['x', 'y']], [null], [undefined], [true]])(
    'lets nothing pass: %j',
    async (value) => {
      const { proxy, logs } = createProxyOn(async () => value)
      const { status, headers } = await proxy(request())
      expect([status, headers.get('retry-after')]).toEqual([503, '1'])
      expect(logs).toHaveLength(1)
    },
  )

  it.each(['garbage', 42, {}, true, undefined])('has claimed nothing: %j', async (value) => {
    const store = createSharedStore(
      clientOf(async () => value),
      createClock(),
    )
    await expect(store.claim('k', 'v', 1)).rejects.toThrow(StoreError)
  })
})

it('refuses the client of node-redis, whose `set` would claim every time', () => {
  expect(() => createProxyOn(never, {}, { isOpen: true })).toThrow('store: must be a client of ioredis or iovalkey')
  expect(() => createProxyOn(never, { store: {} as RedisClient })).toThrow('store: must be a client')
})

it('says what is missing where the client has no scripts', async () => {
  const { proxy, logs } = createProxyOn(async () => null, {}, { defineCommand: undefined })
  expect((await proxy(request())).status).toBe(503)
  expect(logs[0]?.message).toContain('give rateLimit a limiter of its own')
})

it('reads a limit that is in memory beside a store that is away', async () => {
  const rateLimit = { consume: async () => ({ msBeforeNext: 1 }) }
  const { proxy, logs } = createProxyOn(never, { rateLimit, onStoreError: 'allow' }, { status: 'end' })
  for (let n = 0; n < 3; n += 1) expect((await proxy(request())).status).toBe(200)
  expect(logs.map(({ event }) => event)).toEqual(['store_lost'])
})

it.each([
  { points: 0 },
  { points: 1.5 },
  { points: Number.NaN },
  { duration: 0 },
  { duration: Number.POSITIVE_INFINITY },
  { duration: 2_073_601 },
  null,
  'ten',
])('refuses a limit that would not limit: %j', (rateLimit) => {
  expect(() => createProxyOn(never, { rateLimit: rateLimit as never })).toThrow('rateLimit: ')
})

function createProxyOn(ask: Ask, options: Partial<ProxyOptions> = {}, parts: Record<string, unknown> = {}) {
  let count = 0
  const logs: LogEntry[] = []
  const counted: Ask = (...words) => {
    count += 1
    return ask(...words)
  }
  const proxy = createProxy({
    apiKey: 'a-key-of-the-tests-0123456789',
    authorize: () => ({ id: 'somebody' }),
    fetch: async () => Response.json([]),
    log: (entry) => void logs.push(entry),
    store: Object.assign(clientOf(counted), parts),
    cache: false,
    ...options,
  })
  return { proxy, logs, asked: () => count }
}

/** As much of an ioredis client as is used. */
function clientOf(ask: Ask): RedisClient {
  return { get: ask, set: ask, rlflxIncr: ask, defineCommand: () => {}, status: 'ready' } as unknown as RedisClient
}

function request(): Request {
  return new Request(`https://app.example/onebalance${listAssets.path}`, { headers: { 'x-ob-client': 'test' } })
}

function createClock() {
  let now = 0
  const timers = new Set<{ readonly at: number; readonly fn: () => void }>()
  return {
    now: () => now,
    setTimer(ms: number, fn: () => void) {
      const timer = { at: now + ms, fn }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advanceTo(at: number) {
      now = Math.max(now, at)
    },
    /** Fires the next timer whenever nothing else is left to do, until the promise settles. */
    async runUntil(promise: Promise<unknown>): Promise<void> {
      let isSettled = false
      const settle = (): void => {
        isSettled = true
      }
      promise.then(settle, settle)
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        if (isSettled) return
        const [next] = [...timers].sort((a, b) => a.at - b.at)
        if (!next) continue
        timers.delete(next)
        now = Math.max(now, next.at)
        next.fn()
      }
    },
  }
}
