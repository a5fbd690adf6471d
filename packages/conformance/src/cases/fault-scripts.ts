import type { OneBalanceError, Quote } from '@ob/core'
import { ok } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'
import type { SandboxFault } from '../control.ts'
import { newSignedQuote, timeless } from './flows.ts'

/** The scripts are dealt out to so many cases; the failing one's seed is in its message. */
const CASES = 30

/** F9: random faults on the execution of a quote and on the polls after it, from a seed. The sandbox is the referee. */
export const faultScripts: Case[] = group(
  'fault scripts',
  Array.from({ length: CASES }, (_, index) => ({
    id: `F9-${index}`,
    title: `part ${index + 1} of ${CASES} of the random fault scripts: none runs twice, no outcome is wrong`,
    async run(context: Context) {
      const { first, count } = context.setup.scripts
      // Quotes are made without faults and in good time: on a slow machine too, only what is tested may fail.
      const quotes = timeless(context)
      const startOf = (part: number) => first + Math.floor((part * count) / CASES)
      for (let seed = startOf(index); seed < startOf(index + 1); seed += 1) {
        context.begin(`seed ${seed}`)
        // A minute for each, so that the rate limit plays no part.
        await context.control.advance(61_000)
        await runScript(context, seed, await newSignedQuote(context, quotes))
      }
    },
  })),
)

async function runScript(context: Context, seed: number, quote: Quote): Promise<void> {
  const { control, core } = context
  const random = core.createRandom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const ob = timeless(context, { timeout: 60 })
  await control.fault(pickFault(below), 'executeQuote', 1)
  for (let count = below(3); count > 0; count -= 1) await control.fault(pickFault(below), 'getExecutionStatus', 1)
  const call = below(2) === 0 ? ob.quotes.execute(quote) : ob.quotes.executeAndWait(quote)
  const error = await call.then(
    () => undefined,
    (reason: OneBalanceError) => reason,
  )
  await ob.close()
  await control.clearFaults()
  const executed = await control.executed(quote.id)
  const seen = `executed ${executed} times, ${error ? `${error.name} with outcome ${error.outcome}` : 'resolved'}`
  ok(executed <= 1, seen)
  ok(!error || core.isOneBalanceError(error), seen)
  ok(error ? executed === 0 || !['not_sent', 'rejected'].includes(error.outcome) : executed === 1, seen)
}

function pickFault(below: (limit: number) => number): SandboxFault {
  const faults: readonly (() => SandboxFault)[] = [
    () => ({ reset: 'before' }),
    () => ({ reset: 'after' }),
    () => ({ cutAfterResponseBytes: below(400) }),
    () => ({ status: 400 + below(200) }),
    () => ({ status: 400 + below(200), reset: 'after' }),
    () => ({ stall: below(2) === 0 ? 'head' : 'body' }),
    () => ({ latency: below(30) }),
    () => ({ redirect: 'https://elsewhere.invalid/' }),
    () => ({ status: 200, body: ['', '<html>', '[]', '{"a":'][below(4)] as string }),
  ]
  return (faults[below(faults.length)] as () => SandboxFault)()
}
