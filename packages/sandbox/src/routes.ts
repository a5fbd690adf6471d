import { createHash } from 'node:crypto'
import type { Clock } from './clock.ts'
import { invalid } from './problem.ts'
import { ASSETS, CHAINS, findTokens, type Token, toMicroUsd } from './state/assets.ts'
import { createExecutions } from './state/executions.ts'
import { createLedger, type Ledger, TOKENS } from './state/ledger.ts'
import { createQuoteBook, type Json } from './state/quotes.ts'

/** Answers one endpoint: the input is the query or the body. */
export type Route = (input: Json) => { readonly status?: number; readonly body: unknown }

/** Makes the routes of one sandbox, by the name of the endpoint's value. */
export function createRoutes(seed: number, clock: Clock) {
  const ledger = createLedger(seed)
  const quotes = createQuoteBook(ledger, clock)
  const executions = createExecutions(ledger, clock)
  const ok = (body: unknown) => ({ body })
  const execute: Route = (input) => ok(executions.execute(quotes.verify(input)))
  const status: Route = (input) => ok(executions.status(String(input['quoteId'])))
  const history: Route = (input) =>
    ok(readPage(executions.history(String(input['user']), input['sortBy'] === 'updatedAt'), input))

  const routes: Readonly<Record<string, Route>> = {
    listAssets: () =>
      ok(ASSETS.map(({ tokens, ...asset }) => ({ ...asset, aggregatedEntities: tokens.map(toEntity) }))),
    listChains: () =>
      ok(
        CHAINS.map((chain) => {
          const [namespace, reference] = chain.split(':')
          return { chain: { chain, namespace, reference }, isTestnet: false }
        }),
      ),
    predictAddress: ({ type = 'role-based', signerAddress, sessionAddress, adminAddress }) => {
      // With EIP-7702 the signer's own address becomes the account.
      if (type === 'kernel-v3.3-ecdsa') return { status: 201, body: { predictedAddress: signerAddress } }
      const signers = JSON.stringify([type, signerAddress, sessionAddress, adminAddress])
      const hash = createHash('sha256').update(signers).digest('hex')
      return { status: 201, body: { predictedAddress: `0x${hash.slice(0, 40)}` } }
    },
    getAggregatedBalance: (input) => {
      const addresses = toList(input['account']).map((account) => account.split(':').pop() ?? '')
      const accounts = {
        evm: addresses.find((address) => address.startsWith('0x')),
        solana: addresses.find((address) => !address.startsWith('0x')),
      }
      return ok({
        accounts,
        ...toBalance(ledger, addresses, toList(input['aggregatedAssetId']), toList(input['assetId'])),
      })
    },
    getAggregatedBalanceV2: (input) => {
      const ids = toList(input['assetId'])
      return ok(
        toBalance(
          ledger,
          [String(input['address'])],
          ids.length === 0 ? ASSETS.map((asset) => asset.aggregatedAssetId) : [],
          ids,
        ),
      )
    },
    createQuote: (input) => ok(quotes.create(input)),
    createQuoteV1: (input) => ok(quotes.create(input)),
    prepareCallQuote: (input) => ok(quotes.prepareCall(input)),
    prepareCallQuoteV1: (input) => ok(quotes.prepareCall(input)),
    createCallQuote: (input) => ok(quotes.createCall(input)),
    createCallQuoteV1: (input) => ok(quotes.createCall(input)),
    executeQuote: execute,
    executeQuoteV1: execute,
    getExecutionStatus: status,
    getExecutionStatusV1: status,
    listTransactions: history,
    listTransactionsV1: history,
  }
  return { routes, executed: executions.executed, settle: executions.settle }
}

function toEntity({ assetType, decimals, name, symbol }: Token): Json {
  return { assetType, decimals, name, symbol }
}

function toList(value: unknown): string[] {
  return typeof value === 'string' && value !== '' ? value.split(',') : []
}

function toBalance(
  ledger: Ledger,
  addresses: readonly string[],
  aggregated: readonly string[],
  specific: readonly string[],
): Json {
  const hold = (token: Token) => {
    const balance = addresses.reduce((sum, address) => sum + ledger.balance(address, token), 0n)
    return { assetType: token.assetType, balance: String(balance), fiatValue: Number(toMicroUsd(balance, token)) / 1e6 }
  }
  const sumFiat = (parts: readonly { readonly fiatValue: number }[]) =>
    parts.reduce((sum, { fiatValue }) => sum + fiatValue, 0)
  const balanceByAggregatedAsset = aggregated.map((aggregatedAssetId) => {
    const individualAssetBalances = TOKENS.filter((token) => token.aggregatedAssetId === aggregatedAssetId).map(hold)
    const balance = String(individualAssetBalances.reduce((sum, one) => sum + BigInt(one.balance), 0n))
    return { aggregatedAssetId, balance, fiatValue: sumFiat(individualAssetBalances), individualAssetBalances }
  })
  const balanceBySpecificAsset = specific.flatMap((id) => findTokens(id).map(hold))
  return {
    balanceByAggregatedAsset,
    balanceBySpecificAsset,
    totalBalance: { fiatValue: sumFiat([...balanceByAggregatedAsset, ...balanceBySpecificAsset]) },
  }
}

/** A page and the cursor of the next one. The cursor names the last entry, so that new ones do not shift the pages. */
function readPage(all: readonly Json[], { limit = 20, continuation }: Json): Json {
  const last = continuation && Buffer.from(String(continuation), 'base64url').toString()
  const from = last ? all.findIndex(({ quoteId }) => quoteId === last) + 1 : 0
  if (continuation && from === 0) throw invalid('Validation error: Invalid continuation at "continuation"')
  const transactions = all.slice(from, from + Math.min(50, Number(limit)))
  const next = from + transactions.length < all.length && transactions.at(-1)
  return { transactions, ...(next && { continuation: Buffer.from(String(next['quoteId'])).toString('base64url') }) }
}
