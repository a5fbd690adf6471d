import type { AggregatedAsset, Transaction } from '@ob/browser'
import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { ErrorNotice } from '../errors/error-notice.tsx'
import { Icon } from '../icons.tsx'
import { TransactionRow } from './transaction-row.tsx'
import type { History as Pages } from './use-history.ts'

/** What was swapped, the newest first, a page at a time. */
export function History({
  history,
  assets,
}: {
  readonly history: Pages
  readonly assets: readonly AggregatedAsset[]
}): JSX.Element {
  const { transactions, isLoading, error, hasMore, loadMore, reload } = history
  const list = useRef<HTMLUListElement>(null)
  const shown = useRef(0)

  // The button that was pressed moves away or goes, so the focus goes to the first of the new entries.
  const wantsFocus = useRef(false)
  useLayoutEffect(() => {
    const before = shown.current
    shown.current = transactions?.length ?? 0
    if (!wantsFocus.current || shown.current <= before) return
    wantsFocus.current = false
    list.current?.querySelectorAll<HTMLElement>('li.entry')[before]?.focus()
  }, [transactions])

  return (
    <section class="card history" aria-labelledby="history-title" aria-busy={isLoading}>
      <header class="card-head">
        <h2 id="history-title">History</h2>
        <button type="button" class="icon-button" aria-label="Refresh history" disabled={isLoading} onClick={reload}>
          <Icon name="refresh" />
        </button>
      </header>
      {transactions && transactions.length > 0 && (
        <ul class="rows" ref={list}>
          {transactions.map((transaction, index) => (
            <TransactionRow key={keyOf(transaction, index)} transaction={transaction} assets={assets} />
          ))}
        </ul>
      )}
      {transactions?.length === 0 && (
        <div class="empty">
          <p>
            <strong>No swaps yet.</strong>
          </p>
          <p class="quiet">Your first one will be here, with its status as it goes.</p>
        </div>
      )}
      {error !== undefined && <ErrorNotice error={error} onRetry={transactions && hasMore ? loadMore : reload} />}
      {!transactions && error === undefined && <Loading />}
      {transactions && hasMore && error === undefined && (
        <div class="actions">
          <button
            type="button"
            class="button"
            disabled={isLoading}
            onClick={() => {
              wantsFocus.current = true
              loadMore()
            }}
          >
            {isLoading ? 'Loading…' : 'Show more'}
          </button>
        </div>
      )}
    </section>
  )
}

function keyOf({ quoteId }: Transaction, index: number): string {
  return quoteId ?? String(index)
}

function Loading(): JSX.Element {
  return (
    <div class="loading">
      <p role="status" class="only-heard">
        Loading history
      </p>
      <div aria-hidden="true">
        <span class="bone bone-row" />
        <span class="bone bone-row" />
      </div>
    </div>
  )
}
