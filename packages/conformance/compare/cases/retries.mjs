// Retries of a GET, by the client's defaults.
import { equal, ok } from '../../dist/assert.js'
import { fail, failureOf, group } from '../context.mjs'

const GET = '/v2/things'
const needs = ['retries']

/** What a GET must survive once. */
const TRANSIENT = {
  ...Object.fromEntries([429, 502, 503, 504].map((status) => [status, fail(status)])),
  fin: { silent: true, end: 'close' },
  rst: { silent: true, end: 'reset' },
  half: { body: '[1,2,3]', cutAt: 3, end: 'close' },
}

export const retries = group('retry', [
  ...Object.entries(TRANSIENT).map(([name, step]) => ({
    id: `R1-${name}`,
    title: `a GET that fails once (${name}) is sent again and succeeds`,
    needs,
    async run({ server, open }) {
      const { url, log } = await server({ steps: [step, {}] })
      equal(await open({ baseURL: url }).get(GET), [], 'answer')
      equal((await log()).deliveries.length, 2, 'deliveries')
    },
  })),
  ...[400, 401, 403, 404, 422].map((status) => ({
    id: `R2-${status}`,
    title: `${status} is not sent again`,
    needs,
    async run({ server, open }) {
      const { url, log } = await server({ steps: [fail(status)] })
      await failureOf(() => open({ baseURL: url }).get(GET))
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  ...[
    ['R11', '503 with 3 seconds', 503, () => ({ 'retry-after': '3' })],
    ['R11b', '429 with 3 seconds', 429, () => ({ 'retry-after': '3' })],
    ['R12', '503 with a date', 503, () => ({ 'retry-after': httpDate(5_000), date: httpDate(0) })],
  ].map(([id, what, status, headers]) => ({
    id,
    title: `Retry-After on ${what}: the GET is sent again, and not before that`,
    needs,
    async run({ server, open }) {
      const { url } = await server({ steps: [fail(status, { headers: headers() }), {}] })
      const startedAt = performance.now()
      await open({ baseURL: url }).get(GET)
      const waited = performance.now() - startedAt
      // A date has no parts of a second; timers may end a millisecond early.
      ok(waited > 2_990, `sent again after ${Math.round(waited)} ms`)
    },
  })),
  ...[
    ['R16', 'a day', '86400'],
    ['R16b', '25 days, which a timer takes for 0', '2147484'],
  ].map(([id, what, seconds]) => ({
    id,
    title: `Retry-After of ${what}: the call fails soon, and the API is left alone`,
    needs,
    async run({ server, open }) {
      const { url, log } = await server({ steps: [fail(503, { headers: { 'retry-after': seconds } })] })
      await failureOf(() => open({ baseURL: url }).get(GET))
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  {
    id: 'R24',
    title: 'an API that is down: 200 calls at once become 300 requests at the most',
    needs,
    alone: true,
    async run({ server, open }) {
      const { url, log } = await server({ steps: [fail(503)] })
      const subject = open({ baseURL: url })
      await Promise.allSettled(Array.from({ length: 200 }, () => subject.get(GET)))
      const { length } = (await log()).deliveries
      ok(length >= 200 && length <= 300, `${length} requests`)
    },
  },
])

function httpDate(offset) {
  return new Date(Date.now() + offset).toUTCString()
}
