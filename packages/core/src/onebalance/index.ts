export { formatAmount, parseAmount } from './amount.ts'
export { oneBalance } from './api.ts'
export * from './caip.ts'
export * from './endpoints/accounts.ts'
export * from './endpoints/assets.ts'
export * from './endpoints/balances.ts'
export * from './endpoints/chains.ts'
export * from './endpoints/executions.ts'
export * from './endpoints/quotes.ts'
export * from './endpoints/transactions.ts'
export type { CreateQuote, ExecuteAndWait, ExecuteQuote } from './execute.ts'
export type { ListTransactions, TransactionList } from './paginate.ts'
export { PUBLIC_TESTING_KEY } from './public-testing-key.ts'
export { readFailReason, readStatus } from './read-status.ts'
export type {
  Account,
  AccountInput,
  EvmAccountInput,
  PredictAddressInput,
  PredictedAddress,
} from './schemas/account.ts'
export type { AggregatedAsset } from './schemas/asset.ts'
export type {
  AggregatedBalance,
  AggregatedBalanceInput,
  AggregatedBalanceInputV2,
  AggregatedBalanceV2,
} from './schemas/balance.ts'
export type {
  CallQuoteInput,
  CallQuoteInputV1,
  PrepareCallInput,
  PrepareCallInputV1,
  PreparedCall,
  PreparedCallV1,
} from './schemas/call.ts'
export type { SupportedChain } from './schemas/chain.ts'
export type {
  Execution,
  ExecutionInput,
  ExecutionStatus,
  Transaction,
  TransactionPage,
  TransactionsInput,
} from './schemas/execution.ts'
export type { Delegation, EvmOperation, SolanaOperation, TypedData, UserOperation } from './schemas/operation.ts'
export type { OpenString } from './schemas/primitives.ts'
export type { CallQuote, ExecutionResponse, Quote, QuoteInput, QuoteInputV1, QuoteV1 } from './schemas/quote.ts'
export { oneBalanceService } from './service.ts'
export type { EvmSigners, Signers, SolanaSigners } from './sign.ts'
export { signQuote } from './sign.ts'
export type { WaitOptions } from './status-poller.ts'
export type { WaitForExecution } from './wait.ts'
