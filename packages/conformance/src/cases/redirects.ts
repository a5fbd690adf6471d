import { equal, ok, rejectionOf } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'

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
    async run({ client, core, server }: Context) {
      const { url, log } = await server({ steps: [{ status }] })
      const error = await rejectionOf(client({ baseURL: url }).assets.list())
      ok(error instanceof core.ResponseError, `the error is a ${(error as Error).name}`)
      equal(error.code, 'unexpected_redirect', 'code')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  {
    id: 'D6',
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
  { client, core, server }: Context,
  { status, to, method = 'GET' }: { status: number; to: 'other' | 'same' | 'plain'; method?: 'GET' | 'POST' },
): Promise<void> {
  const other = await server({ kind: to === 'plain' ? 'http' : 'tls' })
  const location = to === 'same' ? '/api/elsewhere' : `${other.url}/api/elsewhere`
  const { url, log } = await server({ steps: [{ status, headers: { location } }] })
  const body = method === 'POST' ? { body: { a: 1 } } : {}
  const error = await rejectionOf(client({ baseURL: url }).request(method, '/api/x', body))
  ok(error instanceof core.ResponseError, `the error is a ${(error as Error).name}`)
  equal([error.code, error.outcome, error.status], ['unexpected_redirect', 'rejected', status], 'code, outcome, status')
  equal((await log()).deliveries.length, 1, 'deliveries')
  equal((await other.log()).connections, 0, 'connections to the other')
}
