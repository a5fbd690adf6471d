import type { OneBalanceError } from '@ob/core'
import { equal, ok, rejectionOf } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'
import type { ServerLog } from '../server.ts'
import { ATTEMPTS_AT_502, REDIRECTED } from '../through-proxy.ts'

const STATUSES = [301, 302, 303, 307, 308]

/** 4.3: a redirect is an error and is not followed, whereto it leads. */
export const redirects: Case[] = group('redirect', [
  ...STATUSES.map((status) => ({
    id: `D1-${status}`,
    title: `${status} to another origin`,
    run: (context: Context) => refuse(context, { status, to: 'other' }),
  })),
  ...STATUSES.map((status) => ({
    id: `D2-${status}`,
    title: `${status} to the same origin`,
    run: (context: Context) => refuse(context, { status, to: 'same' }),
  })),
  {
    id: 'D3',
    title: 'https to http on the same host',
    run: (context: Context) => refuse(context, { status: 302, to: 'plain' }),
  },
  ...STATUSES.map((status) => ({
    id: `D4-${status}`,
    title: `${status} in answer to a \`once\` POST: rejected, sent once`,
    run: (context: Context) => refuse(context, { status, to: 'other', method: 'POST' }),
  })),
  ...[300, 304, 305, 399].map((status) => ({
    id: `D5-${status}`,
    title: `${status} without a place to go`,
    async run({ client, core, runtime, server }: Context) {
      const { url, log } = await server({ steps: [{ status }] })
      const error = await rejectionOf(client({ baseURL: url }).assets.list())
      if (runtime === 'chromium') return refusedByProxy(error, await log(), ATTEMPTS_AT_502)
      ok(error instanceof core.ResponseError, `the error is a ${(error as Error).name}`)
      equal(error.code, 'unexpected_redirect', 'code')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  {
    id: 'D6',
    needs: 'direct',
    title: 'the message shows where it leads, without the query',
    async run({ client, server }) {
      const location = 'https://elsewhere.example/path?token=secret#part'
      const { url } = await server({ steps: [{ status: 302, headers: { location } }] })
      const { message } = (await rejectionOf(client({ baseURL: url }).assets.list())) as Error
      ok(!message.includes('secret') && !message.includes('#part'), `message ${message}`)
      ok(message.includes('elsewhere.example'), `message ${message}`)
    },
  },
])

async function refuse(
  { client, core, runtime, server }: Context,
  { status, to, method = 'GET' }: { status: number; to: 'other' | 'same' | 'plain'; method?: 'GET' | 'POST' },
): Promise<void> {
  const other = await server({ kind: to === 'plain' ? 'http' : 'tls' })
  const location = to === 'same' ? '/api/elsewhere' : `${other.origin}/api/elsewhere`
  const { url, log } = await server({ steps: [{ status, headers: { location } }] })
  const body = method === 'POST' ? { body: { a: 1 } } : {}
  const error = await rejectionOf(client({ baseURL: url }).request(method, '/api/x', body))
  equal((await other.log()).connections, 0, 'connections to the other')
  if (runtime === 'chromium') return refusedByProxy(error, await log(), method === 'POST' ? 1 : ATTEMPTS_AT_502)
  ok(error instanceof core.ResponseError, `the error is a ${(error as Error).name}`)
  equal([error.code, error.outcome, error.status], ['unexpected_redirect', 'rejected', status], 'code, outcome, status')
  equal((await log()).deliveries.length, 1, 'deliveries')
}

/** What a page is told of a redirect, and how often the API was asked. */
function refusedByProxy(error: unknown, { deliveries }: ServerLog, attempts: number): void {
  const { status, outcome, serverError } = error as OneBalanceError
  const { said } = REDIRECTED
  equal([status, outcome, serverError?.code], [REDIRECTED.status, REDIRECTED.outcome, said], 'status, outcome, code')
  equal(deliveries.length, attempts, 'deliveries')
}
