import type { OneBalanceError } from '@ob/core'
import { equal, ok } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'
import type { WayBack } from '../server.ts'
import { newSignedQuote, timeless } from './flows.ts'

/** What happens to the proxy's answer on its way to the page, and whether Chromium sends the request again by itself. */
const FAULTS: readonly { readonly fault: WayBack; readonly what: string; readonly isResent: boolean }[] = [
  { fault: 'fin', what: 'closes in place of the answer', isResent: true },
  { fault: 'rst', what: 'is reset in place of the answer', isResent: true },
  { fault: '408', what: 'brings a 408 and closes', isResent: true },
  { fault: '421', what: 'brings a 421', isResent: true },
  { fault: 'half', what: 'closes in the middle of a 200', isResent: false },
  { fault: 'fin-early', what: 'closes while the API works', isResent: true },
  { fault: 'rst-early', what: 'is reset while the API works', isResent: true },
]

/** Table 1b in a page: Chromium sends again below every retry code, and the proxy lets the copy join the first. */
export const pageCases: Case[] = group('page deliveries', [
  ...FAULTS.flatMap(({ fault, what, isResent }) =>
    (['once', 'idempotent'] as const).map((retryClass) => ({
      id: `B1c-${fault}-${retryClass}`,
      title: `a connection to the proxy that was used before ${what}: one ${retryClass} POST is one delivery to the API`,
      async run({ client, core, server }: Context) {
        const steps = [{}, { latency: fault.endsWith('early') ? 150 : 0, body: '["the answer"]' }]
        const { url, log } = await server({ steps, wayBack: ['fine', fault] })
        const ob = client({ baseURL: url, retry: false })
        await ob.assets.list()
        const result = await ob
          .request('POST', '/api/x', { retryClass, body: { quote: 1 } })
          .catch((error: OneBalanceError) => error)
        const { deliveries, arrivals = 0 } = await log()
        equal(deliveries.length - 1, 1, 'deliveries to the API')
        // If this changes, Chromium has changed.
        equal(arrivals - 1, isResent ? 2 : 1, 'arrivals at the proxy')
        if (isResent) return equal(result, ['the answer'], 'answer to the copy')
        ok(core.isOneBalanceError(result), `result ${result}`)
        equal(result.code, retryClass === 'once' ? 'outcome_unknown' : 'network', 'code')
      },
    })),
  ),
  {
    id: 'B1c-execute',
    title: 'an execution whose answer is lost between proxy and page is executed once, and completes',
    async run(context) {
      for (const fault of ['fin', 'rst', '408', '421', 'half'] as const) {
        await context.control.breakWayBack(['fine', fault])
        const ob = timeless(context)
        const quote = await newSignedQuote(context, ob)
        const done = await ob.quotes.executeAndWait(quote)
        equal(done.status, 'COMPLETED', `status after ${fault}`)
        equal(await context.control.executed(quote.id), 1, `executions after ${fault}`)
      }
    },
  },
])
