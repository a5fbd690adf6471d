import type { ClientOptions, Event } from '@ob/core'
import { equal, ok, rejectionOf } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'
import { CHROMIUM_NO_REASON, CHROMIUM_RESENDS, HANDSHAKE, NO_REASON } from '../limits.ts'
import { headerValues, type Step } from '../server.ts'
import { ATTEMPTS_AT_502, UNAUTHORIZED } from '../through-proxy.ts'

const FINAL = [400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 423, 451, 501, 505, 507, 511]
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]

/** A whole second, so that dates lose nothing. */
const NOW = 1_800_000_000_000

/** Waits that take no time and are written down. */
function fakeSleep(): { waits: number[]; runtime: NonNullable<ClientOptions['runtime']> } {
  const waits: number[] = []
  return { waits, runtime: { random: () => 0.5, sleep: async (ms) => void waits.push(Math.round(ms)) } }
}

/** Calls through a server that answers by these steps. */
async function through({ client, server }: Context, steps: Step[], options: ClientOptions = {}) {
  const { url, log } = await server({ steps })
  const { waits, runtime } = fakeSleep()
  return { ob: client({ baseURL: url, ...options, runtime: { ...runtime, ...options.runtime } }), waits, log }
}

/** 4.4: what is sent again, when, and how often. */
export const retries: Case[] = group('retry', [
  {
    id: 'R1',
    title: 'GET: 503, 503, 200 is three deliveries and a success',
    async run(context) {
      const { ob, log } = await through(context, [{ status: 503 }, { status: 503 }, {}])
      const { response } = await ob.assets.list().withResponse()
      equal(
        response.attempts.map(({ status }) => status),
        [503, 503, 200],
        'attempts',
      )
      equal((await log()).deliveries.length, 3, 'deliveries')
    },
  },
  ...FINAL.map((status) => ({
    id: `R2-${status}`,
    title: `GET: ${status} is not sent again`,
    async run(context: Context) {
      const { ob, log } = await through(context, [{ status }])
      const error = (await rejectionOf(ob.assets.list())) as { status: number }
      const isHidden = context.runtime === 'chromium' && status === 401
      equal(error.status, isHidden ? UNAUTHORIZED.status : status, 'status')
      equal((await log()).deliveries.length, isHidden ? ATTEMPTS_AT_502 : 1, 'deliveries')
    },
  })),
  ...TRANSIENT.map((status) => ({
    id: `R3-${status}`,
    title: `GET: ${status} is sent again within the limit`,
    ...(status === 408 && { limits: { chromium: CHROMIUM_RESENDS } }),
    async run(context: Context) {
      const { ob, log } = await through(context, [{ status }], { retry: { maxRetries: 2 } })
      const error = (await rejectionOf(ob.assets.list())) as { status: number; stopped: string }
      equal([error.status, error.stopped], [status, 'max_retries'], 'status and reason to stop')
      equal((await log()).deliveries.length, 3, 'deliveries')
    },
  })),
  ...TRANSIENT.map((status) => ({
    id: `R3-${status}-idempotent`,
    title: `a POST that only computes: ${status} is sent again`,
    async run(context: Context) {
      const { ob, log } = await through(context, [{ status }, {}])
      await ob.request('POST', '/api/x', { retryClass: 'idempotent', body: { a: 1 } })
      equal(
        (await log()).deliveries.map(({ body }) => body),
        ['{"a":1}', '{"a":1}'],
        'bodies',
      )
    },
  })),
  ...[...TRANSIENT, 501, 505, 599].map((status) => ({
    id: `R4-${status}`,
    title: `a \`once\` POST: ${status} is one delivery, and the outcome is told`,
    async run(context: Context) {
      const { ob, log } = await through(context, [{ status, headers: { 'retry-after': '7' } }])
      const error = await rejectionOf(ob.request('POST', '/api/x', { body: { a: 1 } }))
      ok(context.core.isOneBalanceError(error), 'no error of the library')
      const expected =
        status === 429
          ? ['rate_limited', 'rejected']
          : status === 425
            ? ['request_rejected', 'rejected']
            : ['outcome_unknown', 'unknown']
      equal([error.code, error.outcome], expected, 'code and outcome')
      equal(error.retryAfter, 7_000, 'retryAfter')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  ...(
    [
      ['fin', { silent: true, end: 'close' }],
      ['rst', { silent: true, end: 'reset' }],
      ['half', { body: '{"success":true}', cutAt: 5, end: 'close' }],
      ['half-rst', { body: '{"success":true}', cutAt: 5, end: 'reset' }],
      ['stalled-head', { stall: 'head' }],
      ['stalled-body', { body: '{"success":true}', length: 99, stall: 'body' }],
      ['not-json', { body: '<html>ok</html>' }],
      ['too-large', { spaces: 5_000 }],
    ] satisfies [string, Step][]
  ).map(([name, step]) => ({
    id: `R5-${name}`,
    title: `a \`once\` POST that ends in ${name}: one delivery, outcome unknown`,
    async run(context: Context) {
      const { ob, log } = await through(context, [step], { timeout: 250, maxResponseBytes: 1_000 })
      const error = await rejectionOf(ob.request('POST', '/api/x', { body: { a: 1 } }))
      ok(error instanceof context.core.OutcomeUnknownError, `the error is a ${(error as Error).name}: ${error}`)
      equal(error.outcome, 'unknown', 'outcome')
      ok(context.core.isOneBalanceError(error.cause), 'cause')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  ...(['closed', 'reset'] as const).map((kind) => ({
    id: `R6-${kind}`,
    title: `a \`once\` POST to a port that is ${kind} is not sent, and so may be tried again`,
    limits: { workerd: NO_REASON, ...(kind === 'reset' && { bun: HANDSHAKE }) },
    async run(context: Context) {
      const { url } = await context.server({ kind })
      const ob = context.client({ baseURL: url, retry: { maxRetries: 1 } })
      const error = await rejectionOf(ob.request('POST', '/api/x', { body: { a: 1 } }))
      ok(context.core.isOneBalanceError(error), 'no error of the library')
      // The proxy does not tell that nothing left it: a page knows less, and sends it no second time.
      const expected = context.runtime === 'chromium' ? ['outcome_unknown', 'unknown', 1] : ['network', 'not_sent', 2]
      equal([error.code, error.outcome, error.attempts.length], expected, 'code, outcome, attempts')
    },
  })),
  {
    id: 'R6-dns',
    title: 'a `once` POST to a host that does not exist is not sent, and so may be tried again',
    limits: { workerd: NO_REASON, chromium: CHROMIUM_NO_REASON },
    async run({ client, core }) {
      const ob = client({ baseURL: 'https://does-not-exist.invalid', retry: { maxRetries: 1 } })
      const error = await rejectionOf(ob.request('POST', '/api/x', { body: {} }))
      ok(core.isOneBalanceError(error), 'no error of the library')
      equal([error.code, error.outcome, error.attempts.length], ['network', 'not_sent', 2], 'code, outcome, attempts')
    },
  },
  ...(['fin', 'rst', 'half'] as const).map((name) => ({
    id: `R7-${name}`,
    title: `a GET that is cut (${name}) is sent again`,
    async run(context: Context) {
      const step: Step =
        name === 'half'
          ? { body: '[1,2,3]', cutAt: 3, end: 'close' }
          : { silent: true, end: name === 'fin' ? 'close' : 'reset' }
      const { ob } = await through(context, [step, {}])
      equal(await ob.request('GET', '/api/x'), [], 'answer')
    },
  })),
  {
    id: 'R10',
    title: 'delays are full jitter: random times the capped doubling',
    async run(context) {
      const { ob, waits } = await through(context, [{ status: 503 }], {
        retry: { maxRetries: 5, baseDelay: 100, maxDelay: 400 },
      })
      await rejectionOf(ob.assets.list())
      equal(waits, [50, 100, 200, 200, 200], 'delays')
    },
  },
  ...retryAfterCases(),
  {
    id: 'R21',
    title: 'a wait that does not fit the deadline fails at once with the last real error',
    async run(context) {
      const { ob, waits } = await through(context, [{ status: 503 }], {
        deadline: 3_000,
        retry: { baseDelay: 60_000, maxDelay: 60_000 },
      })
      const error = (await rejectionOf(ob.assets.list())) as { code: string; stopped: string }
      equal([error.code, error.stopped, waits.length], ['server_error', 'deadline', 0], 'code, reason to stop, waits')
    },
  },
  {
    id: 'R24',
    title: 'a total outage: calls + capacity requests at the most',
    async run(context) {
      const { ob, log } = await through(context, [{ status: 503 }], { retry: { budget: { capacity: 5, refill: 0.1 } } })
      const results = await Promise.allSettled(
        // No two alike: a proxy asks once for all that ask the same.
        Array.from({ length: 40 }, (_, n) => ob.request('GET', '/api/x', { query: { n } })),
      )
      ok(
        results.every(({ status }) => status === 'rejected'),
        'a call succeeded',
      )
      equal((await log()).deliveries.length, 45, 'deliveries')
    },
  },
  {
    id: 'R25',
    title: 'a success gives a tenth of a retry back',
    async run(context) {
      const success: Step = {}
      const failure: Step = { status: 503 }
      const steps = [failure, ...Array.from({ length: 11 }, () => success), failure, success, failure]
      const { ob, log } = await through(context, steps, { retry: { budget: { capacity: 1, refill: 0.1 } } })
      for (let n = 0; n < 12; n += 1) await ob.assets.list()
      const error = (await rejectionOf(ob.assets.list())) as { stopped: string }
      equal(error.stopped, 'budget', 'reason to stop')
      equal((await log()).deliveries.length, 15, 'deliveries: 13 calls, two of them sent twice')
    },
  },
  {
    id: 'R26',
    title: '`retry: false` sends once, for the client or for a call',
    async run(context) {
      const { ob, log } = await through(context, [{ status: 503 }])
      const error = (await rejectionOf(ob.assets.list(undefined, { retry: false }))) as { stopped: string }
      equal(error.stopped, 'disabled', 'reason to stop')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  },
  {
    id: 'R29',
    title: 'every attempt is the same request, with no Idempotency-Key',
    async run(context) {
      const { ob, log } = await through(context, [{ status: 503 }, { status: 503 }, {}])
      await ob.request('POST', '/api/x', { retryClass: 'idempotent', body: { a: 'ž' } })
      const { deliveries } = await log()
      equal(new Set(deliveries.map(({ target, body }) => target + body)).size, 1, 'different requests')
      for (const delivery of deliveries) equal(headerValues(delivery, 'idempotency-key'), [], 'idempotency-key')
    },
  },
  {
    id: 'R30',
    title: 'hooks see requests, answers, retries and errors in order, and cannot stop a call',
    async run(context) {
      const seen: string[] = []
      const hook = ({ type, attempt }: Event) => {
        seen.push(`${type} ${attempt}`)
        throw new Error('a hook that fails')
      }
      const hooks = { request: hook, response: hook, retry: hook, error: hook }
      const { ob } = await through(context, [{ status: 503 }, { status: 404 }], { hooks })
      await rejectionOf(ob.assets.list())
      equal(seen, ['request 1', 'response 1', 'retry 1', 'request 2', 'response 2', 'error 2'], 'events')
    },
  },
])

/** How long a call waits for `Retry-After` and `x-ratelimit-reset`; `null`: it fails at once. */
function retryAfterCases(): Omit<Case, 'group'>[] {
  const at = (offset: number) => new Date(NOW + offset).toUTCString()
  const date = at(0)
  const rfc850 = () => {
    const [, day, month, year, time] = at(3_000).split(' ')
    const weekday = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(NOW + 3_000)
    return `${weekday}, ${day}-${month}-${year?.slice(2)} ${time} GMT`
  }
  // The last one, in a page: the proxy tells whole seconds, and 1 of them at least.
  const rows: readonly [string, string, number, Record<string, string>, number | null, number?][] = [
    ['R11', 'seconds', 503, { 'retry-after': '2' }, 2_000],
    ['R11b', 'seconds on 429', 429, { 'retry-after': '2' }, 2_000],
    ['R11c', 'zero', 503, { 'retry-after': '0' }, 0, 1_000],
    ['R11d', 'white space around', 503, { 'retry-after': '  3  ' }, 3_000],
    ['R12', 'a date, read against the Date of the answer', 503, { 'retry-after': at(3_000), date }, 3_000],
    [
      'R12b',
      'a date with a local clock that is an hour off',
      503,
      { 'retry-after': at(3_603_000), date: at(3_600_000) },
      3_000,
    ],
    ['R12c', 'an RFC 850 date', 503, { 'retry-after': rfc850(), date }, 3_000],
    ['R12d', 'a date in the past', 503, { 'retry-after': at(-9_000), date }, 0, 1_000],
    ['R13', 'a negative number is no answer', 503, { 'retry-after': '-1' }, 0],
    ['R13b', 'a fraction is no answer', 503, { 'retry-after': '1.5' }, 0],
    ['R13c', 'words are no answer', 503, { 'retry-after': 'soon' }, 0],
    ['R13d', 'an ISO date is no answer', 503, { 'retry-after': new Date(NOW + 3_000).toISOString(), date }, 0],
    ['R16', 'a day: longer than maxRetryAfter', 503, { 'retry-after': '86400' }, null],
    ['R16b', '25 days, which a timer takes for 0', 429, { 'retry-after': '2147484' }, null],
    ['R16c', 'more than a number can hold', 503, { 'retry-after': '9'.repeat(40) }, null],
    ['R20', 'x-ratelimit-reset in seconds', 429, { 'x-ratelimit-reset': String(NOW / 1_000 + 4), date }, 4_000],
    ['R20b', 'x-ratelimit-reset in milliseconds', 429, { 'x-ratelimit-reset': String(NOW + 4_000), date }, 4_000],
    ['R20c', 'x-ratelimit-reset in the past', 429, { 'x-ratelimit-reset': String(NOW / 1_000 - 4), date }, 0, 1_000],
    ['R20d', 'x-ratelimit-reset that is garbage', 429, { 'x-ratelimit-reset': 'soon', date }, 0, 1_000],
    [
      'R20e',
      'Retry-After wins over x-ratelimit-reset',
      429,
      { 'retry-after': '1', 'x-ratelimit-reset': String(NOW / 1_000 + 9), date },
      1_000,
    ],
    [
      'R20f',
      'x-ratelimit-reset says nothing about a 503',
      503,
      { 'x-ratelimit-reset': String(NOW / 1_000 + 9), date },
      0,
    ],
  ]
  return rows.map(([id, what, status, headers, direct, inPage = direct]) => ({
    id,
    title: `Retry-After on ${status}: ${what}`,
    async run(context) {
      const expected = context.runtime === 'chromium' ? inPage : direct
      const { ob, waits, log } = await through(context, [{ status, headers }, {}], {
        retry: { baseDelay: 200 },
        runtime: { now: () => NOW },
      })
      if (expected === null) {
        const error = (await rejectionOf(ob.assets.list())) as { stopped: string; retryAfter: number }
        equal(error.stopped, 'retry_after', 'reason to stop')
        ok(error.retryAfter > 60_000, `retryAfter ${error.retryAfter}`)
        equal((await log()).deliveries.length, 1, 'deliveries')
        return
      }
      await ob.assets.list()
      const waited = waits.reduce((sum, ms) => sum + ms, 0)
      ok(waited >= expected && waited <= expected + 200, `it waited ${waited} ms, not ${expected} to ${expected + 200}`)
    },
  }))
}
