import { defineApi } from '../api.ts'
import { predictAddress } from './endpoints/accounts.ts'
import { listAssets } from './endpoints/assets.ts'
import { getAggregatedBalance, getAggregatedBalanceV2 } from './endpoints/balances.ts'
import { listChains } from './endpoints/chains.ts'
import { getExecutionStatus, getExecutionStatusV1 } from './endpoints/executions.ts'
import {
  createCallQuote,
  createCallQuoteV1,
  createQuote,
  createQuoteV1,
  executeQuote,
  executeQuoteV1,
  prepareCallQuote,
  prepareCallQuoteV1,
} from './endpoints/quotes.ts'
import { listTransactions, listTransactionsV1 } from './endpoints/transactions.ts'
import { createFlow, executeAndWaitFlow, executeFlow } from './execute.ts'
import { listFlow } from './paginate.ts'
import { readError } from './read-error.ts'
import { waitFlow } from './wait.ts'

/** The OneBalance API: every documented endpoint, v3 by default and older versions under `v1` and `v2`. */
export const oneBalance = defineApi({
  name: 'OneBalance',
  baseURL: 'https://be.onebalance.io',
  keyHeader: 'x-api-key',
  keyEnv: 'ONEBALANCE_API_KEY',
  rateHeaders: {
    limit: 'x-ratelimit-limit',
    remaining: 'x-ratelimit-remaining',
    reset: 'x-ratelimit-reset',
    resetUnit: 'epoch_s',
  },
  readError,
  hints: {
    401: 'Check that ONEBALANCE_API_KEY holds the whole key, that the key was not revoked or rotated, and that it belongs to this environment; the public testing key changes from time to time.',
    403: 'The key is valid but may not use this endpoint: ask OneBalance to enable it for the key, or use a key that has it.',
    404: 'Check the path and the ids. If every call answers so, the service may be gone: OneBalance announced its deprecation; set baseURL if it has moved.',
    429: 'Too many requests in the last minute for this key: wait `retryAfter` ms, set maxConcurrent, or ask OneBalance for a higher limit (the public testing key allows few requests, one at a time).',
  },
  endpoints: {
    assets: { list: listAssets },
    chains: { list: listChains },
    accounts: { predictAddress },
    balances: { aggregated: getAggregatedBalance },
    quotes: {
      create: createFlow(createQuote),
      execute: executeFlow(executeQuote),
      executeAndWait: executeAndWaitFlow(executeQuote, getExecutionStatus),
      prepareCall: prepareCallQuote,
      createCall: createFlow(createCallQuote),
    },
    executions: { status: getExecutionStatus, wait: waitFlow(getExecutionStatus) },
    transactions: { list: listFlow(listTransactions) },
    v1: {
      quotes: {
        create: createFlow(createQuoteV1),
        execute: executeFlow(executeQuoteV1),
        executeAndWait: executeAndWaitFlow(executeQuoteV1, getExecutionStatusV1),
        prepareCall: prepareCallQuoteV1,
        createCall: createFlow(createCallQuoteV1),
      },
      executions: { status: getExecutionStatusV1, wait: waitFlow(getExecutionStatusV1) },
      transactions: { list: listFlow(listTransactionsV1) },
    },
    v2: { balances: { aggregated: getAggregatedBalanceV2 } },
  },
})
