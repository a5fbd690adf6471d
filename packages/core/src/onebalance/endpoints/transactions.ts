import { endpoint } from '../../api.ts'
import {
  type TransactionPage,
  type TransactionsInput,
  transactionPage,
  transactionsInput,
} from '../schemas/execution.ts'

/** One page of an account's history. See `transactions.list`, which follows the cursor. */
export const listTransactions = endpoint<TransactionsInput, TransactionPage>({
  method: 'GET',
  path: '/api/v3/status/get-tx-history',
  summary: "One page of an account's history",
  input: transactionsInput,
  output: transactionPage,
  retry: 'safe',
})

/** One page of an account's history, by v1. Use {@link listTransactions} in new code. */
export const listTransactionsV1 = endpoint<TransactionsInput, TransactionPage>({
  method: 'GET',
  path: '/api/status/get-tx-history',
  summary: "One page of an account's history, by v1",
  input: transactionsInput,
  output: transactionPage,
  retry: 'safe',
})
