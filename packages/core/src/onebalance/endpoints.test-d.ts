import { describe, expectTypeOf, it } from 'vitest'
import type { Caller } from '../caller.ts'
import type { Client } from '../client.ts'
import type { CallPromise } from '../options.ts'
import {
  type AggregatedAsset,
  type AggregatedBalance,
  type AggregatedBalanceV2,
  type CallQuote,
  createCallQuote,
  createCallQuoteV1,
  createQuote,
  createQuoteV1,
  type Execution,
  type ExecutionResponse,
  type ExecutionStatus,
  executeQuote,
  executeQuoteV1,
  getAggregatedBalance,
  getAggregatedBalanceV2,
  getExecutionStatus,
  getExecutionStatusV1,
  listAssets,
  listChains,
  listTransactions,
  listTransactionsV1,
  type PredictedAddress,
  type PreparedCall,
  type PreparedCallV1,
  predictAddress,
  prepareCallQuote,
  prepareCallQuoteV1,
  type Quote,
  type QuoteV1,
  type SupportedChain,
  signQuote,
  type Transaction,
  type TransactionPage,
} from './index.ts'

declare const call: Caller
declare const ob: Client
declare const quote: Quote
declare const callQuote: CallQuote
declare const quoteV1: QuoteV1
declare const prepared: PreparedCall
declare const preparedV1: PreparedCallV1

const account = { type: 'kernel-v3.1-ecdsa', signerAddress: '0x', accountAddress: '0x' } as const
const calls = { targetChain: 'eip155:1', calls: [{ to: '0x' }], tokensRequired: [] }

// Never run: the compiler is the test.
describe('every endpoint answers what it says', () => {
  it('by value', () => {
    expectTypeOf(call(listAssets)).toEqualTypeOf<CallPromise<AggregatedAsset[]>>()
    expectTypeOf(call(listChains)).toEqualTypeOf<CallPromise<SupportedChain[]>>()
    expectTypeOf(call(predictAddress, { sessionAddress: '0x', adminAddress: '0x' })).toEqualTypeOf<
      CallPromise<PredictedAddress>
    >()
    expectTypeOf(call(getAggregatedBalance, { account: '', assetId: '' })).toEqualTypeOf<
      CallPromise<AggregatedBalance>
    >()
    expectTypeOf(call(getAggregatedBalanceV2, { address: '' })).toEqualTypeOf<CallPromise<AggregatedBalanceV2>>()
    expectTypeOf(call(executeQuote, quote)).toEqualTypeOf<CallPromise<ExecutionResponse>>()
    expectTypeOf(call(executeQuote, callQuote)).toEqualTypeOf<CallPromise<ExecutionResponse>>()
    expectTypeOf(call(executeQuoteV1, quoteV1)).toEqualTypeOf<CallPromise<ExecutionResponse>>()
    expectTypeOf(call(prepareCallQuote, { accounts: [account], ...calls })).toEqualTypeOf<CallPromise<PreparedCall>>()
    expectTypeOf(call(prepareCallQuoteV1, { account, ...calls })).toEqualTypeOf<CallPromise<PreparedCallV1>>()
    expectTypeOf(call(createCallQuote, prepared)).toEqualTypeOf<CallPromise<CallQuote>>()
    expectTypeOf(call(createCallQuoteV1, preparedV1)).toEqualTypeOf<CallPromise<QuoteV1>>()
    expectTypeOf(call(getExecutionStatus, { quoteId: '' })).toEqualTypeOf<CallPromise<Execution>>()
    expectTypeOf(call(getExecutionStatusV1, { quoteId: '' })).toEqualTypeOf<CallPromise<Execution>>()
    expectTypeOf(call(listTransactions, { user: '' })).toEqualTypeOf<CallPromise<TransactionPage>>()
    expectTypeOf(call(listTransactionsV1, { user: '' })).toEqualTypeOf<CallPromise<TransactionPage>>()
    const spend = { asset: { assetId: 'ob:usdc' }, amount: '1' }
    const to = { asset: { assetId: 'ob:eth' } }
    expectTypeOf(call(createQuote, { from: { accounts: [account], ...spend }, to })).toEqualTypeOf<CallPromise<Quote>>()
    expectTypeOf(call(createQuoteV1, { from: { account, ...spend }, to })).toEqualTypeOf<CallPromise<QuoteV1>>()
  })

  it('by method', () => {
    expectTypeOf(ob.assets.list()).toEqualTypeOf<CallPromise<AggregatedAsset[]>>()
    expectTypeOf(ob.chains.list({})).toEqualTypeOf<CallPromise<SupportedChain[]>>()
    expectTypeOf(ob.accounts.predictAddress).returns.toEqualTypeOf<CallPromise<PredictedAddress>>()
    expectTypeOf(ob.balances.aggregated).returns.toEqualTypeOf<CallPromise<AggregatedBalance>>()
    expectTypeOf(ob.v2.balances.aggregated).returns.toEqualTypeOf<CallPromise<AggregatedBalanceV2>>()
    expectTypeOf(ob.quotes.create).returns.toEqualTypeOf<CallPromise<Quote>>()
    expectTypeOf(ob.quotes.createCall).returns.toEqualTypeOf<CallPromise<CallQuote>>()
    expectTypeOf(ob.quotes.prepareCall).returns.toEqualTypeOf<CallPromise<PreparedCall>>()
    expectTypeOf(ob.quotes.execute).returns.toEqualTypeOf<CallPromise<ExecutionResponse>>()
    expectTypeOf(ob.quotes.execute).parameter(0).toEqualTypeOf<Quote | CallQuote>()
    expectTypeOf(ob.quotes.executeAndWait).returns.toEqualTypeOf<Promise<Execution>>()
    expectTypeOf(ob.executions.status).returns.toEqualTypeOf<CallPromise<Execution>>()
    expectTypeOf(ob.executions.wait).returns.toEqualTypeOf<Promise<Execution>>()
    expectTypeOf(ob.transactions.list({ user: '' })).toExtend<AsyncIterable<Transaction>>()
    expectTypeOf(ob.transactions.list({ user: '' }).page()).toEqualTypeOf<CallPromise<TransactionPage>>()
    expectTypeOf(ob.v1.quotes.create).returns.toEqualTypeOf<CallPromise<QuoteV1>>()
    expectTypeOf(ob.v1.quotes.createCall).returns.toEqualTypeOf<CallPromise<QuoteV1>>()
    expectTypeOf(ob.v1.quotes.prepareCall).returns.toEqualTypeOf<CallPromise<PreparedCallV1>>()
    expectTypeOf(ob.v1.quotes.execute).parameter(0).toEqualTypeOf<QuoteV1>()
    expectTypeOf(ob.v1.quotes.executeAndWait).returns.toEqualTypeOf<Promise<Execution>>()
    expectTypeOf(ob.v1.executions.status).returns.toEqualTypeOf<CallPromise<Execution>>()
    expectTypeOf(ob.v1.executions.wait).returns.toEqualTypeOf<Promise<Execution>>()
    expectTypeOf(ob.v1.transactions.list).returns.toExtend<AsyncIterable<Transaction>>()
  })

  it('with fields that are what they are', () => {
    expectTypeOf(quote.id).toEqualTypeOf<string>()
    expectTypeOf(quote.expirationTimestamp).toEqualTypeOf<string>()
    expectTypeOf(quote['unknown']).toEqualTypeOf<unknown>()
    expectTypeOf<'PENDING'>().toExtend<ExecutionStatus>()
    expectTypeOf<'A_NEW_ONE'>().toExtend<ExecutionStatus>()
    expectTypeOf(signQuote(quote, {})).toEqualTypeOf<Promise<Quote>>()
    expectTypeOf(signQuote(callQuote, {})).toEqualTypeOf<Promise<CallQuote>>()
    expectTypeOf(signQuote(preparedV1, {})).toEqualTypeOf<Promise<PreparedCallV1>>()
  })
})

describe('what does not fit does not compile', () => {
  it('in inputs', () => {
    // @ts-expect-error: no asset filter
    ob.balances.aggregated({ account: '' })
    // @ts-expect-error: a misspelled field
    ob.balances.aggregated({ account: '', assetId: '', assetIds: '' })
    const to = { asset: { assetId: '' } }
    // @ts-expect-error: a number as an amount
    ob.quotes.create({ from: { accounts: [account], asset: { assetId: '' }, amount: 1 }, to })
    // @ts-expect-error: v3 takes accounts
    ob.quotes.create({ from: { account, asset: { assetId: '' }, amount: '1' }, to })
    // @ts-expect-error: v1 takes no Solana account
    ob.v1.quotes.prepareCall({ account: { type: 'solana', accountAddress: '' }, ...calls })
    // @ts-expect-error: a signer for a type that has two
    ob.accounts.predictAddress({ type: 'role-based', signerAddress: '' })
    // @ts-expect-error: no id
    ob.executions.wait({})
    // @ts-expect-error: not a query of the history
    ob.transactions.list({ address: '' })
    // @ts-expect-error: signatures are strings
    signQuote(quote, { evm: { signTypedData: () => 1 } })
  })
})
