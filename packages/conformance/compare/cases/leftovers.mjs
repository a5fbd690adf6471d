// What calls leave behind.
import { getEventListeners } from 'node:events'
import { equal, ok } from '../../dist/assert.js'
import { arrival, fail, failureOf, group, settle, until } from '../context.mjs'

const GET = '/v2/things'

export const leftovers = group('leftover', [
  {
    id: 'F10',
    title: '200 calls on one AbortSignal leave no listener on it that outlives a garbage collection',
    needs: ['abort'],
    alone: true,
    async run({ server, open }) {
      const { url } = await server()
      const subject = open({ baseURL: url })
      const { signal } = new AbortController()
      for (let n = 0; n < 200; n += 1) await subject.get(GET, { signal })
      const count = () => {
        globalThis.gc()
        return getEventListeners(signal, 'abort').length
      }
      // The last call's may still be held by the turn that ends it.
      ok(await until(() => count() <= 2, 1_000), `${count()} listeners`)
    },
  },
  {
    id: 'F11',
    title: '30 calls one after the other use two connections at the most',
    async run({ server, open }) {
      const { url, log } = await server()
      const subject = open({ baseURL: url })
      for (let n = 0; n < 30; n += 1) await subject.get(GET)
      const { connections } = await log()
      ok(connections <= 2, `${connections} connections`)
    },
  },
  {
    id: 'F12',
    title: '100 calls at once are all answered',
    alone: true,
    async run({ server, open }) {
      const { url, log } = await server()
      const subject = open({ baseURL: url })
      await Promise.all(Array.from({ length: 100 }, () => subject.get(GET)))
      equal((await log()).deliveries.length, 100, 'deliveries')
    },
  },
  {
    id: 'F13',
    title: 'a client whose calls were aborted still works',
    needs: ['abort'],
    async run({ server, open }) {
      const { url, log } = await server({ steps: [...Array.from({ length: 10 }, () => ({ stall: 'head' })), {}] })
      const subject = open({ baseURL: url, timeout: 60_000 })
      const controller = new AbortController()
      const calls = Array.from({ length: 10 }, () => settle(() => subject.get(GET, { signal: controller.signal })))
      await arrival(log, 10)
      controller.abort()
      await Promise.all(calls)
      equal(await subject.get(GET), [], 'answer')
    },
  },
  {
    id: 'F14',
    title: 'the connection of a call that reached its time limit is closed',
    async run({ server, open }) {
      const { url, log } = await server({ steps: [{ stall: 'head' }] })
      await failureOf(() => open({ baseURL: url, timeout: 1_500 }).post('/v2/orders', { a: 1 }, { once: true }))
      ok(await until(async () => isClosed(await log())), 'it is open')
    },
  },
  {
    id: 'F15',
    title: 'the connection of a call that was aborted in its body is closed',
    needs: ['abort'],
    async run({ server, open }) {
      const { url, log } = await server({ steps: [{ body: '[1', length: 99, stall: 'body' }] })
      const controller = new AbortController()
      const call = settle(() => open({ baseURL: url, timeout: 60_000 }).get(GET, { signal: controller.signal }))
      await arrival(log)
      controller.abort()
      ok(await until(async () => isClosed(await log())), 'it is open')
      await call
    },
  },
  ...[
    ['F18', 'a call that was answered', {}, '0'],
    ['F18b', 'a call that was refused', fail(404), '1'],
    ['F18c', 'a call that reached its time limit', { stall: 'head' }, '1', '1500'],
  ].map(([id, what, step, code, timeout = '5000']) => ({
    id,
    title: `a program ends by itself after ${what}`,
    async run({ key, server, control, setup }) {
      const { url } = await server({ steps: [step] })
      const result = await control.program('call', {
        PROGRAM_CLIENT: setup.clientFile,
        PROGRAM_URL: url,
        PROGRAM_KEY: key,
        PROGRAM_TIMEOUT: timeout,
      })
      equal(String(result.code), code, `exit code (${result.output.slice(0, 300).replaceAll('\n', ' ')})`)
    },
  })),
  {
    id: 'F19',
    title: 'no call of all these cases left a rejection that nobody could handle',
    last: true,
    run({ unhandled }) {
      ok(unhandled.length === 0, `unhandled: ${String(unhandled[0]?.message ?? unhandled[0]).split('\n')[0]}`)
    },
  },
])

/** Whether the connection of the first delivery is closed. undici may open another one in its place, which carries nothing. */
function isClosed({ deliveries: [first], open }) {
  return first !== undefined && !open.includes(first.connection)
}
