import { once } from 'node:events'
import { createServer } from 'node:http'
import {
  createQuote,
  executeQuote,
  getAggregatedBalance,
  getExecutionStatus,
  listAssets,
  listTransactions,
} from '@ob/browser/onebalance'
import { createNodeHandler } from '@ob/proxy/node'
import { createSessions } from './session.mjs'
import { createSite } from './site.mjs'

const PREFIX = '/onebalance'

/** What the page calls, and nothing else. */
const ALLOW = [listAssets, getAggregatedBalance, createQuote, executeQuote, getExecutionStatus, listTransactions]

/**
 * The proxy as a `(request, response)` handler: the only part that has the key.
 *
 * @param sessions from `createSessions`
 * @param service `apiKey`, `baseURL` and `ca` as for a client; anything else goes to the proxy too
 */
export function createApi(sessions, service) {
  return createNodeHandler({
    prefix: PREFIX,
    allow: ALLOW,
    authorize: ({ headers }) => {
      const id = sessions.read(headers.get('cookie') ?? undefined)
      return id ? { id } : null
    },
    // A swap that is watched takes about one request a second.
    rateLimit: { points: 120, duration: 60 },
    ...service,
  })
}

/** Whether a request is for the proxy, and not for the page. */
export function isForApi({ url = '' }) {
  return url.startsWith(`${PREFIX}/`)
}

/**
 * Serves the page and the proxy on one origin, on loopback.
 *
 * @param options `port` (0: any free one), `folder` of the built page, and what {@link createApi} takes
 * @returns where it listens, and how to end it
 */
export async function startServer({ port = 0, folder, ...service }) {
  const sessions = createSessions()
  const api = createApi(sessions, service)
  const site = createSite(sessions, folder)
  const server = createServer((request, response) => (isForApi(request) ? api : site)(request, response))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Lets requests under way end: a swap that was sent is not cut off. */
    async close() {
      server.close()
      server.closeIdleConnections()
      await api.close()
      server.closeAllConnections()
    },
  }
}
