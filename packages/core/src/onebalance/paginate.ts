import { type Endpoint, type Flow, flow } from '../api.ts'
import type { Caller } from '../caller.ts'
import { ResponseError } from '../errors/classes.ts'
import type { CallOptions, CallPromise } from '../options.ts'
import type { Transaction, TransactionPage, TransactionsInput } from './schemas/execution.ts'

/** An account's history: iterate over all entries, or take one page. Nothing is sent before. */
export interface TransactionList extends AsyncIterable<Transaction> {
  /** The first page, or the one that `continuation` begins. */
  page(): CallPromise<TransactionPage>
}

/**
 * An account's history, newest entry first unless `sortBy` says otherwise.
 *
 * @example
 * for await (const transaction of ob.transactions.list({ user })) console.log(transaction.quoteId, transaction.type)
 * const { transactions, continuation } = await ob.transactions.list({ user, limit: 10 }).page()
 * @param options hold for each page; `deadline` too
 */
export type ListTransactions = (input: TransactionsInput, options?: CallOptions) => TransactionList

/** `transactions.list`, on whichever endpoint gives the pages. Source: Status, "Pagination". */
export function listFlow(endpoint: Endpoint<TransactionsInput, TransactionPage>): Flow<ListTransactions> {
  return flow([endpoint], (call) => (input, options) => ({
    page: () => call(endpoint, input, options),
    [Symbol.asyncIterator]: () => iterate(call, endpoint, input, options),
  }))
}

async function* iterate(
  call: Caller,
  endpoint: Endpoint<TransactionsInput, TransactionPage>,
  input: TransactionsInput,
  options: CallOptions | undefined,
): AsyncGenerator<Transaction, void, undefined> {
  const seen = new Set([input?.continuation])
  let next = input
  for (;;) {
    const { transactions, continuation } = await call(endpoint, next, options)
    yield* transactions
    if (!continuation) return
    if (seen.has(continuation)) throw repeatedCursor(endpoint)
    seen.add(continuation)
    next = { ...input, continuation }
  }
}

function repeatedCursor({ method, path }: Endpoint<TransactionsInput, TransactionPage>): ResponseError {
  const message = 'the cursor of the next page is one that was followed already'
  return new ResponseError({
    code: 'invalid_response',
    message: `${method} ${path}: ${message}`,
    outcome: 'accepted',
    method,
    path,
    hint: 'The entries so far are good: try again later.',
    issues: [{ path: 'continuation', message }],
  })
}
