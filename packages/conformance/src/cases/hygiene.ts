import { equal, ok, rejectionOf } from '../assert.ts'
import { type Case, group } from '../context.ts'

/** What calls leave behind: nothing. */
export const hygiene: Case[] = group('hygiene', [
  {
    id: 'F10',
    title: '500 calls on one signal, good and bad ones: no listener and no timer is left',
    async run({ client, server }) {
      const { url } = await server({
        steps: Array.from({ length: 400 }, (_, n) => ({ status: n % 5 === 4 ? 503 : n % 7 === 6 ? 404 : 200 })),
      })
      const { signal } = new AbortController()
      let listeners = 0
      const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
      signal.addEventListener = ((...args: Parameters<typeof add>) => {
        listeners += 1
        add(...args)
      }) as typeof signal.addEventListener
      signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
        listeners -= 1
        remove(...args)
      }) as typeof signal.removeEventListener
      let timers = 0
      const setTimer = (ms: number, fn: () => void) => {
        timers += 1
        const timer = setTimeout(fn, ms)
        let isOpen = true
        return () => {
          if (isOpen) timers -= 1
          isOpen = false
          clearTimeout(timer)
        }
      }
      const ob = client({ baseURL: url, runtime: { setTimer, sleep: async () => {} } })
      // Eight at once: Node.js warns of more than ten listeners on one signal while they are there.
      for (let n = 0; n < 500; n += 8)
        await Promise.allSettled(Array.from({ length: 8 }, () => ob.request('GET', '/api/x', { signal })))
      // A listener that the platform's fetch puts on the library's own signal is the library's to end, not counted here.
      equal([listeners, timers], [0, 0], 'listeners and timers')
    },
  },
  {
    id: 'F11',
    title: '60 calls one after the other use two connections at the most',
    async run({ client, server }) {
      const { url, log } = await server()
      const ob = client({ baseURL: url })
      for (let n = 0; n < 60; n += 1) await ob.request('GET', '/api/x')
      // Two, since undici gives a connection back to its pool only in the next turn of the event loop.
      const { connections } = await log()
      ok(connections <= 2, `${connections} connections`)
    },
  },
  {
    id: 'F12',
    title: '200 calls at once are all answered',
    async run({ client, server }) {
      const { url, log } = await server()
      const ob = client({ baseURL: url })
      // No two alike: a proxy asks once for all that ask the same.
      await Promise.all(Array.from({ length: 200 }, (_, n) => ob.request('GET', '/api/x', { query: { n } })))
      equal((await log()).deliveries.length, 200, 'deliveries')
    },
  },
  {
    id: 'F13',
    title: 'a client whose calls were aborted still works',
    async run({ client, runtime, server }) {
      // Chromium has six connections to one origin; what does not get one is not sent.
      const stalled = Array.from({ length: runtime === 'chromium' ? 6 : 10 }, () => ({ stall: 'head' as const }))
      const { url } = await server({ steps: [...stalled, {}] })
      const ob = client({ baseURL: url, retry: false })
      const controller = new AbortController()
      const calls = stalled.map((_, n) =>
        rejectionOf(ob.request('GET', '/api/x', { query: { n }, signal: controller.signal })),
      )
      setTimeout(() => controller.abort(), 100)
      await Promise.all(calls)
      equal(await ob.request('GET', '/api/x'), [], 'answer')
    },
  },
  {
    id: 'F17',
    title: 'close() does not wait for a connection that timed out',
    async run({ client, server }) {
      const { url } = await server({ kind: 'silent' })
      const ob = client({ baseURL: url, timeout: 50, retry: false })
      await rejectionOf(ob.assets.list())
      const startedAt = Date.now()
      await ob.close()
      ok(Date.now() - startedAt < 2_000, `it took ${Date.now() - startedAt} ms`)
    },
  },
  {
    id: 'F14',
    // Clients of one proxy share its key, and so its limit.
    needs: 'direct',
    title: 'two clients share nothing: one that is limited does not hold the other back',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ status: 429, headers: { 'retry-after': '30' } }, {}] })
      const [first, second] = [client({ baseURL: url, retry: false }), client({ baseURL: url, retry: false })]
      await rejectionOf(first.assets.list())
      const startedAt = Date.now()
      await second.assets.list()
      ok(Date.now() - startedAt < 2_000, 'it waited')
    },
  },
  {
    id: 'F15',
    title: 'a call that nobody awaits twice makes no unhandled rejection: withResponse and data together',
    async run({ client }) {
      const promise = client({ baseURL: 'https://127.0.0.1:1', retry: false }).assets.list()
      await rejectionOf(promise.withResponse())
      await rejectionOf(promise)
    },
  },
  {
    id: 'F16',
    title: 'the client and what it holds are frozen',
    run({ client }) {
      const ob = client({ baseURL: 'https://127.0.0.1:1' })
      ok(Object.isFrozen(ob) && Object.isFrozen(ob.assets), 'it can be changed')
    },
  },
])
