import * as v from 'valibot'
import { filledText } from './checked-text.ts'
import { destinationToken, originToken, transactionType } from './operation.ts'
import { noList, openString, text } from './primitives.ts'

/** Where an execution is. `EXECUTED` is not final; `COMPLETED`, `REFUNDED` and `FAILED` are. */
export const executionStatus = openString<
  'PENDING' | 'IN_PROGRESS' | 'EXECUTED' | 'COMPLETED' | 'REFUNDED' | 'FAILED'
>()

/** Where an execution is. `EXECUTED` (done for the recipient) is not final; `COMPLETED`, `REFUNDED` and `FAILED` are. */
export type ExecutionStatus = v.InferOutput<typeof executionStatus>

/** Why an execution failed or was refunded. Source: Errors, "Error codes". */
const failReason = openString<
  | 'UNKNOWN'
  | 'SLIPPAGE'
  | 'AMOUNT_TOO_LOW_TO_REFUND'
  | 'DEPOSIT_ADDRESS_MISMATCH'
  | 'DEPOSIT_CHAIN_MISMATCH'
  | 'INCORRECT_DEPOSIT_CURRENCY'
  | 'DOUBLE_SPEND'
  | 'SOLVER_CAPACITY_EXCEEDED'
  | 'DEPOSITED_AMOUNT_TOO_LOW_TO_FILL'
  | 'NEGATIVE_NEW_AMOUNT_AFTER_FEES'
  | 'NO_QUOTES'
  | 'MISSING_REVERT_DATA'
  | 'REVERSE_SWAP_FAILED'
  | 'GENERATE_SWAP_FAILED'
  | 'TOO_LITTLE_RECEIVED'
  | 'EXECUTION_REVERTED'
  | 'NEW_CALLDATA_INCLUDES_HIGHER_RENT_FEE'
  | 'TRANSACTION_REVERTED'
  | 'ORIGIN_CURRENCY_MISMATCH'
  | 'NO_INTERNAL_SWAP_ROUTES_FOUND'
  | 'SWAP_USES_TOO_MUCH_GAS'
  | 'INSUFFICIENT_FUNDS_FOR_RENT'
  | 'ORDER_EXPIRED'
  | 'ORDER_IS_CANCELLED'
  | 'TRANSFER_FROM_FAILED'
  | 'TRANSFER_FAILED'
  | 'TRANSFER_AMOUNT_EXCEEDS_BALANCE'
>()

const chainTransaction = v.looseObject({
  /** Transaction hash; absent until there is one. */
  hash: v.nullish(text),
  /** CAIP-2 id in v3. */
  chain: v.nullish(v.union([text, v.number(), v.looseObject({})], 'must be a chain')),
  /** Of v1: number of the EVM chain. */
  chainId: v.nullish(v.union([text, v.number()], 'must be a number')),
  /** Page to look at, URL. */
  explorerUrl: v.nullish(text),
})

const transactionEntries = {
  quoteId: v.optional(text),
  status: v.optional(
    v.union(
      [executionStatus, v.looseObject({ status: executionStatus, failReason: v.nullish(failReason) })],
      'must be a string, or an object with one in status',
    ),
  ),
  /** Who paid: an account address or CAIP-10 id. */
  user: v.nullish(text),
  /** Who receives. Written like a CAIP-10 id, sometimes with a slash: do not take it apart. */
  recipientAccountId: v.nullish(text),
  /** Transactions where assets are spent. */
  originChainOperations: v.nullish(v.array(chainTransaction)),
  /** Transactions where assets arrive. */
  destinationChainOperations: v.nullish(v.array(chainTransaction)),
  /** With `REFUNDED`: why. */
  failReason: v.nullish(failReason),
}

/**
 * What has become of a quote. Empty right after execution: not known yet. Source: Status, "Get quote status (v3)".
 */
export const execution = noList(v.looseObject(transactionEntries))

/** What has become of a quote. Every field is absent right after execution. See `readStatus` for `status`, which has had two shapes. */
export interface Execution extends v.InferOutput<typeof execution> {}

/** Which execution. */
export const executionInput = v.object({
  /** `id` of the quote. */
  quoteId: filledText,
})

/** Which execution. */
export interface ExecutionInput extends v.InferInput<typeof executionInput> {}

/** One entry of the history. Source: Status, "Get transaction history (v3)". */
export const transaction = v.looseObject({
  ...transactionEntries,
  type: v.optional(transactionType),
  originToken: v.nullish(originToken),
  destinationToken: v.nullish(destinationToken),
  /** When, ISO 8601. */
  timestamp: v.nullish(text),
})

/** One entry of the history. */
export interface Transaction extends v.InferOutput<typeof transaction> {}

/** One page of the history. */
export const transactionPage = v.looseObject({
  transactions: v.array(transaction),
  /** Cursor of the next page; absent, null or empty on the last one. */
  continuation: v.nullish(text),
})

/** One page of the history. */
export interface TransactionPage extends v.InferOutput<typeof transactionPage> {}

const LIMIT = 'must be a whole number from 1; 10 to 50 is advised'

/** Whose history, and from where. Source: Status, "Get transaction history (v3)"; "Pagination". */
export const transactionsInput = v.object({
  /** Account address. */
  user: filledText,
  /** Entries on one page, from 1; 10 to 50 is advised. @default 20 */
  limit: v.optional(
    v.pipe(
      v.number(LIMIT),
      v.check((limit) => Number.isInteger(limit) && limit >= 1, LIMIT),
    ),
  ),
  /** Cursor to begin at: `continuation` of an earlier page. @default the newest entry */
  continuation: v.optional(filledText),
  /** @default 'createdAt' */
  sortBy: v.optional(openString<'createdAt' | 'updatedAt'>()),
})

/** Whose history, and from where. */
export interface TransactionsInput extends v.InferInput<typeof transactionsInput> {}
