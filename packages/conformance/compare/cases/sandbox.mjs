// OneBalance itself, as the sandbox has it: a swap whose execution is answered, and one whose answer is lost.
import { randomBytes } from 'node:crypto'
import { signQuote } from '@ob/core'
import { equal, ok } from '../../dist/assert.js'
import { failureOf, group, settle } from '../context.mjs'

const EXECUTE = '/api/v3/quote/execute-quote'
const SIGNERS = { evm: { signTypedData: async () => `0x${'11'.repeat(65)}` } }
const needs = ['json anywhere']

export const swaps = group('execute', [
  {
    id: 'X1',
    title: 'a swap on the sandbox: the quote goes back unharmed and is executed once',
    needs,
    alone: true,
    async run(context) {
      const { subject, quote } = await quoteOf(context)
      await subject.post(EXECUTE, quote, { once: true })
      equal(await context.control.executed(quote.id), 1, 'executions')
    },
  },
  ...['reset', 'stall'].map((fault) => ({
    id: `X2-${fault}`,
    title: `a swap whose execution is not answered (${fault}) is sent once`,
    needs,
    alone: true,
    async run(context) {
      const { subject, quote } = await quoteOf(context)
      await context.control.fault(fault === 'reset' ? { reset: 'after' } : { stall: 'head' }, 'quotes.execute', 5)
      const from = await context.control.requestCount()
      await failureOf(() => subject.post(EXECUTE, quote, { once: true }))
      const seen = (await context.control.requests(from)).filter(({ path }) => path.startsWith(EXECUTE))
      await context.control.clearFaults()
      equal(seen.length, 1, 'executions that were asked for')
    },
  })),
])

async function quoteOf({ setup, open, control }) {
  await control.clearFaults()
  const subject = open({ baseURL: setup.sandbox.url, apiKey: setup.sandbox.keys.full, timeout: 2_000 })
  const address = () => `0x${randomBytes(20).toString('hex')}`
  const account = {
    type: 'role-based',
    sessionAddress: address(),
    adminAddress: address(),
    accountAddress: address(),
  }
  const { value, error } = await settle(() =>
    subject.post('/api/v3/quote', {
      from: { accounts: [account], asset: { assetId: 'ob:usdc' }, amount: '5000000' },
      to: { asset: { assetId: 'ob:eth' } },
    }),
  )
  ok(value, `no quote: ${error}`)
  return { subject, quote: await signQuote(value, SIGNERS) }
}
