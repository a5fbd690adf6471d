import { it } from 'vitest'
import { getThing, KEY, setUp, thingApi } from '../../test/stub-fetch.ts'
import { createVirtualClock, type VirtualClock } from '../../test/virtual-clock.ts'
import { type Caller, createCaller } from '../caller.ts'
import type { Fetch, RetryOptions } from '../options.ts'
import { createRandom } from './random.ts'

const pause = (clock: VirtualClock, ms: number) =>
  new Promise<void>((resolve) => void clock.runtime.setTimer(ms, resolve))

const connectionRefused = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) })

const maxWait = { ms: 0 }
/** 200 clients, each with one call a second; the API is down for 60 s. */
async function runFleet(fail: (signal: AbortSignal, now: number) => Response | Promise<Response>, retry: RetryOptions = {}) {
  const clock = createVirtualClock()
  const [start, recovery, end] = [5_000, 65_000, 155_000]
  const failed = new Map<string, number>(); maxWait.ms = 0
  const latency = createRandom(99)
  const sent: { readonly at: number; readonly client: number }[] = []
  const connect =
    (client: number): Fetch =>
    async (_, init) => {
      const at = clock.now()
      sent.push({ at, client })
      await pause(clock, 20 + 60 * latency())
      return at >= start && at < recovery ? fail(init.signal as AbortSignal, clock.now()) : new Response('{}')
    }
  const clients = Array.from({ length: 200 }, (_, client) =>
    createCaller({
      api: thingApi,
      apiKey: KEY,
      fetch: connect(client),
      retry,
      runtime: { ...clock.runtime, random: createRandom(client) },
    }),
  )
  const beat = (call: Caller): void => {
    if (clock.now() >= end) return
    const t0 = clock.now(); call(getThing).then(() => { maxWait.ms = Math.max(maxWait.ms, clock.now() - t0) }, (e) => failed.set(e.code + '/' + e.stopped, (failed.get(e.code + '/' + e.stopped) ?? 0) + 1))
    clock.runtime.setTimer(1_000, () => beat(call))
  }
  clients.forEach((call, client) => void clock.runtime.setTimer(client * 5, () => beat(call)))
  await clock.advance()
  /** The most requests in one second. */
  const peak = (from: number, to: number): number => {
    const seconds = new Map<number, number>()
    for (const { at } of sent)
      if (at >= from && at < to) seconds.set(Math.floor(at / 1_000), (seconds.get(Math.floor(at / 1_000)) ?? 0) + 1)
    return Math.max(...seconds.values())
  }
  return { failed, sent, steady: peak(1_000, start), recovered: peak(recovery, end), start, recovery, pending: clock.pending }
}


const hang = (signal: AbortSignal): Promise<Response> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
const date = (ms: number) => new Date(ms).toUTCString()
const S: [string, (signal: AbortSignal, now: number) => Response | Promise<Response>][] = [
  ['503', () => new Response('', { status: 503 })],
  ['hang', hang],
  ['503 RA5', () => new Response('', { status: 503, headers: { 'retry-after': '5' } })],
  ['503 RA60', () => new Response('', { status: 503, headers: { 'retry-after': '60' } })],
  ['503 RA countdown', (_, now) => new Response('', { status: 503, headers: { 'retry-after': String(Math.ceil((65_000 - now) / 1000)) } })],
  ['429', () => new Response('', { status: 429 })],
  ['429 RA5', () => new Response('', { status: 429, headers: { 'retry-after': '5' } })],
  ['429 RA60', () => new Response('', { status: 429, headers: { 'retry-after': '60' } })],
  ['429 RA countdown', (_, now) => new Response('', { status: 429, headers: { 'retry-after': String(Math.ceil((65_000 - now) / 1000)) } })],
  ['429 reset', () => new Response('', { status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-limit': '60', 'x-ratelimit-reset': '65' } })],
]
for (const capacity of [50, 5])
  it.each(S)(`%s capacity ${capacity}`, { timeout: 120_000 }, async (name, fail) => {
    const { sent, steady, recovered, recovery, failed, pending } = await runFleet(fail, { budget: { capacity } })
    const per: number[] = []
    for (const { at } of sent) if (at >= 60_000) per[Math.floor(at / 1000) - 60] = (per[Math.floor(at / 1000) - 60] ?? 0) + 1
    console.log(name, capacity, 'peak', (recovered / steady).toFixed(2), 'failed', failed.size ? JSON.stringify([...failed]) : 0, 'waitmax', Math.round(maxWait.ms), per.slice(0, 40).join(' '))
  })
