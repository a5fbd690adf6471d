import type { OneBalanceError } from '@ob/core'
import { equal, ok, rejectionOf } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'
import type { Step } from '../server.ts'

/** Where a call can be when its time is up or its caller has had enough. */
const PLACES: readonly { readonly place: string; readonly step: Step; readonly outcome: string }[] = [
  { place: 'head', step: { stall: 'head' }, outcome: 'unknown' },
  // So large that a proxy passes on what there is of it.
  { place: 'body', step: { spaces: 2_000, length: 100_000, stall: 'body' }, outcome: 'accepted' },
  { place: 'error body', step: { status: 400, body: '{"m', length: 99, stall: 'body' }, outcome: 'rejected' },
]

/** What is known where the caller gave up. The proxy tells of an error when it has read the whole of it. */
const outcomeOf = ({ runtime }: Context, outcome: string): string =>
  runtime === 'chromium' && outcome === 'rejected' ? 'unknown' : outcome

/** Timeouts and aborts, wherever a call is. */
export const timeLimits: Case[] = group('time', [
  ...PLACES.filter(({ place }) => place !== 'error body').map(({ place, step, outcome }) => ({
    id: `T1-${place}`,
    title: `an attempt that stalls at its ${place} ends at its timeout`,
    async run({ client, core, server }: Context) {
      const { url } = await server({ steps: [step] })
      const error = await rejectionOf(client({ baseURL: url, timeout: 100, retry: false }).request('GET', '/api/x'))
      ok(error instanceof core.TimeoutError, `the error is a ${(error as Error).name}`)
      equal([error.scope, error.outcome], ['attempt', outcome], 'scope and outcome')
    },
  })),
  {
    id: 'T1-error body',
    title: 'an error answer whose body stalls is told by its status at the timeout',
    needs: 'direct',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ status: 400, body: '{"m', length: 99, stall: 'body' }] })
      const error = (await rejectionOf(client({ baseURL: url, timeout: 100 }).assets.list())) as OneBalanceError
      equal([error.code, error.status], ['request_rejected', 400], 'code and status')
    },
  },
  {
    id: 'T1-tls',
    title: 'a TLS handshake that stalls ends at the timeout',
    async run({ client, core, server }) {
      const { url } = await server({ kind: 'silent' })
      const error = await rejectionOf(client({ baseURL: url, timeout: 100, retry: false }).assets.list())
      ok(error instanceof core.TimeoutError, `the error is a ${(error as Error).name}`)
    },
  },
  {
    id: 'T2',
    title: 'a GET that times out is sent again',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ stall: 'head' }, {}] })
      await client({ baseURL: url, timeout: 100 }).assets.list()
      equal((await log()).deliveries.length, 2, 'deliveries')
    },
  },
  {
    id: 'T3',
    title: 'the deadline ends a call over its attempts',
    async run({ client, core, server }) {
      const { url } = await server({ steps: [{ stall: 'head' }] })
      const startedAt = Date.now()
      const error = await rejectionOf(
        client({ baseURL: url, timeout: 100, deadline: 450, retry: { maxRetries: 99 } }).assets.list(),
      )
      ok(error instanceof core.TimeoutError, `the error is a ${(error as Error).name}`)
      equal(error.scope, 'deadline', 'scope')
      ok(error.attempts.length > 1, 'one attempt took it all')
      ok(Date.now() - startedAt < 3_000, 'it overran')
    },
  },
  {
    id: 'T4',
    title: 'time limits of a call win over the client, and huge ones do not fire at once',
    async run({ client, core, server }) {
      const { url } = await server({ steps: [{ stall: 'head' }, { latency: 50 }] })
      const ob = client({ baseURL: url, timeout: 2 ** 40, deadline: Number.POSITIVE_INFINITY })
      const error = await rejectionOf(ob.assets.list(undefined, { timeout: 60, retry: false }))
      ok(error instanceof core.TimeoutError, `the error is a ${(error as Error).name}`)
      // Another read: an equal one may join, at a proxy, the one that nobody waits for any more, as long as it has not heard of that.
      await ob.chains.list()
    },
  },
  {
    id: 'R23',
    title: 'an abort before the start: nothing is sent, the reason is kept',
    async run({ client, core, server }) {
      const { url, log } = await server()
      const error = await rejectionOf(
        client({ baseURL: url }).assets.list(undefined, { signal: AbortSignal.abort('why') }),
      )
      ok(error instanceof core.AbortError, `the error is a ${(error as Error).name}`)
      equal([error.cause, error.outcome, error.attempts.length], ['why', 'not_sent', 0], 'cause, outcome, attempts')
      equal((await log()).connections, 0, 'connections')
    },
  },
  ...PLACES.map(({ place, step, outcome }) => ({
    id: `T5-${place}`,
    title: `an abort at the ${place}: AbortError with the reason, no retry`,
    async run(context: Context) {
      const { url, log } = await context.server({ steps: [step] })
      const error = await abortDuring(context, url, (ob, signal) => ob.request('GET', '/api/x', { signal }))
      equal(error.outcome, outcomeOf(context, outcome), 'outcome')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  ...PLACES.map(({ place, step, outcome }) => ({
    id: `T6-${place}`,
    title: `an abort of a \`once\` POST at the ${place} tells that it may have run`,
    async run(context: Context) {
      const { url, log } = await context.server({ steps: [step] })
      const error = await abortDuring(context, url, (ob, signal) =>
        ob.request('POST', '/api/x', { signal, body: { a: 1 } }),
      )
      equal(error.outcome, outcome === 'accepted' ? 'unknown' : outcomeOf(context, outcome), 'outcome')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  {
    id: 'R22',
    title: 'an abort during the wait for a retry ends it at once',
    async run({ client, core, server }) {
      const { url } = await server({ steps: [{ status: 503, headers: { 'retry-after': '30' } }] })
      const controller = new AbortController()
      const ob = client({ baseURL: url, hooks: { retry: () => setTimeout(() => controller.abort('enough'), 5) } })
      const startedAt = Date.now()
      const error = await rejectionOf(ob.assets.list(undefined, { signal: controller.signal }))
      ok(error instanceof core.AbortError, `the error is a ${(error as Error).name}`)
      equal([error.cause, error.stopped], ['enough', 'aborted'], 'cause and reason to stop')
      ok(Date.now() - startedAt < 2_000, 'it waited')
    },
  },
  {
    id: 'T7',
    needs: 'key',
    title: 'an abort while the key source thinks: not sent',
    async run({ client, core, server }) {
      const { url, log } = await server()
      const controller = new AbortController()
      const apiKey = () => {
        setTimeout(() => controller.abort('enough'), 5)
        return new Promise<string>(() => {})
      }
      const error = await rejectionOf(
        client({ baseURL: url, apiKey }).assets.list(undefined, { signal: controller.signal }),
      )
      ok(error instanceof core.AbortError, `the error is a ${(error as Error).name}`)
      equal([error.cause, error.outcome], ['enough', 'not_sent'], 'cause and outcome')
      equal((await log()).deliveries.length, 0, 'deliveries')
    },
  },
  {
    id: 'T8',
    title: 'AbortSignal.timeout is the caller’s abort, with its reason',
    async run({ client, core, server }) {
      const { url } = await server({ steps: [{ stall: 'head' }] })
      const error = await rejectionOf(
        client({ baseURL: url }).assets.list(undefined, { signal: AbortSignal.timeout(40) }),
      )
      ok(error instanceof core.AbortError, `the error is a ${(error as Error).name}`)
      equal((error.cause as Error).name, 'TimeoutError', 'name of the cause')
    },
  },
  {
    id: 'T9',
    title: 'an abort of a call that waits for a place leaves the others in their order',
    async run({ client, core, server }) {
      const { url, log } = await server({ steps: [{ latency: 60 }, {}] })
      const ob = client({ baseURL: url, maxConcurrent: 1 })
      const controller = new AbortController()
      const first = ob.request('GET', '/api/1')
      const second = rejectionOf(ob.request('GET', '/api/2', { signal: controller.signal }))
      const third = ob.request('GET', '/api/3')
      controller.abort()
      ok((await second) instanceof core.AbortError, 'no AbortError')
      await Promise.all([first, third])
      equal(
        (await log()).deliveries.map(({ target }) => target),
        ['/api/1', '/api/3'],
        'deliveries',
      )
    },
  },
])

async function abortDuring(
  { client, core }: Context,
  baseURL: string,
  act: (ob: ReturnType<Context['client']>, signal: AbortSignal) => Promise<unknown>,
): Promise<OneBalanceError> {
  const controller = new AbortController()
  const reason = new Error('the caller has had enough')
  setTimeout(() => controller.abort(reason), 120)
  const error = await rejectionOf(act(client({ baseURL }), controller.signal))
  ok(error instanceof core.AbortError, `the error is a ${(error as Error).name}: ${(error as Error).message}`)
  equal(error.cause, reason, 'cause')
  return error
}
