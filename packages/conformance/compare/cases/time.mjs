// A call ends: at its time limit, wherever it is, and when its caller has had enough.
import { equal, ok } from '../../dist/assert.js'
import { arrival, fail, failureOf, group, settle, sleep } from '../context.mjs'

const GET = '/v2/things'
const ERROR_BODY = { status: 400, body: '{"message":"no', length: 999, stall: 'body' }

export const timeLimits = group('time', [
  ...[
    ['head', { stall: 'head' }],
    ['body', { body: '[1', length: 99, stall: 'body' }],
    ['error body', ERROR_BODY],
  ].map(([place, step]) => ({
    id: `T1-${place}`,
    title: `a time limit of 300 ms ends a call that stalls at the ${place}`,
    run: (context) => ends(context, { steps: [step] }),
  })),
  {
    id: 'T1-drip',
    title: 'a time limit of one second ends a call whose body comes a byte now and then',
    run: (context) =>
      ends(context, { steps: [{ body: JSON.stringify({ text: 'x'.repeat(5_000) }), drip: 10 }] }, 1_000),
  },
  {
    id: 'T1-tls',
    title: 'a time limit of 300 ms ends a call that stalls in the TLS handshake',
    run: (context) => ends(context, { kind: 'silent' }),
  },
  {
    id: 'T2',
    title: 'the error of a time limit says that it was one',
    async run({ server, open }) {
      const { url } = await server({ steps: [{ stall: 'head' }] })
      const error = await failureOf(() => open({ baseURL: url, timeout: 300 }).get(GET))
      ok(/time[ -]?d?[ -]?out/i.test(`${error?.name} ${error?.code} ${error?.message}`), `it says ${error}`)
    },
  },
])

export const aborts = group('abort', [
  {
    id: 'A1',
    title: 'an abort before the start: nothing is sent',
    needs: ['abort'],
    async run({ server, open }) {
      const { url, log } = await server()
      await failureOf(() => open({ baseURL: url }).get(GET, { signal: AbortSignal.abort() }))
      equal((await log()).deliveries.length, 0, 'deliveries')
    },
  },
  ...[
    ['head', { stall: 'head' }],
    ['body', { body: '[1', length: 99, stall: 'body' }],
    ['error body', ERROR_BODY],
  ].map(([place, step]) => ({
    id: `A2-${place}`,
    title: `an abort at the ${place} ends the call at once, and nothing is sent again`,
    needs: ['abort'],
    async run({ server, open }) {
      const { url, log } = await server({ steps: [step] })
      const controller = new AbortController()
      const call = settle(() => open({ baseURL: url, timeout: 60_000 }).get(GET, { signal: controller.signal }))
      await arrival(log)
      controller.abort()
      const result = await Promise.race([call, sleep(3_000)])
      ok(result, 'it goes on')
      ok('error' in result, 'it did not fail')
      await sleep(1_500)
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  {
    id: 'A3',
    title: 'an abort in the wait for a retry ends the call at once, and nothing is sent again',
    needs: ['abort', 'retries'],
    async run({ server, open }) {
      const { url, log } = await server({ steps: [fail(503, { headers: { 'retry-after': '4' } })] })
      const controller = new AbortController()
      const call = settle(() => open({ baseURL: url }).get(GET, { signal: controller.signal }))
      await arrival(log)
      controller.abort()
      const before = (await log()).deliveries.length
      const result = await Promise.race([call, sleep(2_500)])
      ok(result && 'error' in result, 'it waited')
      await sleep(4_000)
      equal((await log()).deliveries.length, before, 'deliveries')
    },
  },
  ...[
    ['head', { stall: 'head' }],
    ['body', { body: '[1', length: 99, stall: 'body' }],
  ].map(([place, step]) => ({
    id: `A4-${place}`,
    title: `the reason of an abort at the ${place} is the error, or its cause`,
    needs: ['abort'],
    async run({ server, open }) {
      const { url, log } = await server({ steps: [step] })
      const controller = new AbortController()
      const reason = new Error('the caller has had enough')
      const call = settle(() => open({ baseURL: url, timeout: 60_000 }).get(GET, { signal: controller.signal }))
      await arrival(log)
      controller.abort(reason)
      let { error } = await call
      while (error && error !== reason) error = error.cause
      equal(error, reason, 'the end of the chain of causes')
    },
  })),
])

async function ends({ server, open }, options, timeout = 300) {
  const { url } = await server(options)
  const call = settle(() => open({ baseURL: url, timeout }).get(GET))
  const result = await Promise.race([call, sleep(10_000)])
  ok(result, 'it goes on after 10 s')
  ok('error' in result, 'it did not fail')
}
