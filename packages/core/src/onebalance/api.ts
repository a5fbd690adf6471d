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
import { oneBalanceService } from './service.ts'
import { waitFlow } from './wait.ts'

/** The OneBalance API: every documented endpoint, v3 by default and older versions under `v1` and `v2`. */
export const oneBalance = defineApi({
  ...oneBalanceService,
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
