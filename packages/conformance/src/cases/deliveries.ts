import type { OneBalanceError } from '@ob/core'
import { equal, ok } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'
import { BUN_RESENDS_GET, CHROMIUM_RESENDS, DENO_RESENDS } from '../limits.ts'
import type { Step } from '../server.ts'

/** What the server does after it has read the whole request. */
const FAULTS: Readonly<Record<string, { readonly what: string; readonly step: Step }>> = {
  fin: { what: 'closes without an answer', step: { silent: true, end: 'close' } },
  rst: { what: 'resets without an answer', step: { silent: true, end: 'reset' } },
  408: { what: 'answers 408 and closes', step: { status: 408, headers: { connection: 'close' }, end: 'close' } },
  421: { what: 'answers 421', step: { status: 421 } },
  401: { what: 'asks for a Basic login', step: { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } } },
  half: { what: 'closes in the middle of a 200', step: { body: '[1,2,3,4,5,6,7,8,9]', cutAt: 8, end: 'close' } },
}

const CLASSES = [
  { name: 'once-POST', method: 'POST', retryClass: 'once' },
  { name: 'idempotent-POST', method: 'POST', retryClass: 'idempotent' },
  { name: 'GET', method: 'GET', retryClass: 'safe' },
] as const

/** Platform limits by id, where the runtime sends again below every retry code. Never for `once`. */
const LIMITS: Readonly<Record<string, Case['limits']>> = {
  'B1b-fin-reused-GET': { bun: BUN_RESENDS_GET, deno: DENO_RESENDS },
  'B1b-rst-reused-GET': { bun: BUN_RESENDS_GET, deno: DENO_RESENDS },
  // The proxy passes both on, on a connection that the page has used before.
  'B1b-408-first-GET': { chromium: CHROMIUM_RESENDS },
  'B1b-408-reused-GET': { chromium: CHROMIUM_RESENDS },
  'B1b-421-first-GET': { chromium: CHROMIUM_RESENDS },
  'B1b-421-reused-GET': { chromium: CHROMIUM_RESENDS },
}

/** Table 1b: how often one call arrives, counted at the server, with the library's own retries off. */
export const deliveries: Case[] = group(
  'deliveries',
  Object.entries(FAULTS).flatMap(([fault, { what, step }]) =>
    (['first', 'reused'] as const).flatMap((place) =>
      CLASSES.map(({ name, method, retryClass }) => {
        const id = `B1b-${fault}-${place}-${name}`
        const limits = LIMITS[id]
        return {
          id,
          title: `the server ${what}, ${place} request of its connection: one ${name} is one delivery`,
          ...(limits && { limits }),
          async run({ client, server, core, runtime }: Context) {
            const isReused = place === 'reused'
            const { url, log } = await server({ steps: isReused ? [{}, step] : [step] })
            const ob = client({ baseURL: url, retry: false })
            if (isReused) {
              await ob.assets.list()
              // undici gives a connection back to its pool in the next turn of the event loop.
              await new Promise((resolve) => setTimeout(resolve, 10))
            }
            const options = method === 'POST' ? { retryClass, body: { quote: 1 } } : { retryClass }
            const error = await ob.request(method, '/api/x', options).then(
              () => undefined,
              (reason: OneBalanceError) => reason,
            )
            ok(core.isOneBalanceError(error), 'it did not fail')
            const seen = (await log()).deliveries.slice(isReused ? 1 : 0)
            if (isReused) ok((seen[0]?.index ?? 0) > 0, 'the connection was not used again')
            equal(seen.length, 1, 'deliveries')
            // The proxy's 502 for a 401 of the API could hide an execution as well.
            const isTold = !(runtime === 'chromium' && fault === '401')
            if (retryClass === 'once') equal(error.code, (isTold && ONCE_CODES[fault]) || 'outcome_unknown', 'code')
          },
        }
      }),
    ),
  ),
)

/** What a `once` call ends with, where that is not an unknown outcome. */
const ONCE_CODES: Readonly<Record<string, string>> = { 401: 'unauthorized', 421: 'request_rejected' }
