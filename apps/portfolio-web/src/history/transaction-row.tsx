import { type AggregatedAsset, readFailReason, readStatus, type Transaction } from '@ob/browser'
import type { JSX } from 'preact'
import { showAmount, showTime } from '../format.ts'
import { Icon } from '../icons.tsx'
import { findAsset } from '../portfolio.ts'
import { TransactionLinks } from './transaction-links.tsx'

const STATUSES: {
  readonly [status: string]: {
    readonly label: string
    readonly tone: string
    readonly icon: 'check' | 'clock' | 'back' | 'cross'
  }
} = {
  PENDING: { label: 'Taken', tone: 'open', icon: 'clock' },
  IN_PROGRESS: { label: 'In progress', tone: 'open', icon: 'clock' },
  EXECUTED: { label: 'Arrived', tone: 'open', icon: 'clock' },
  COMPLETED: { label: 'Settled', tone: 'good', icon: 'check' },
  REFUNDED: { label: 'Refunded', tone: 'warn', icon: 'back' },
  FAILED: { label: 'Failed', tone: 'bad', icon: 'cross' },
}

/** One entry of the history. */
export function TransactionRow(props: {
  readonly transaction: Transaction
  readonly assets: readonly AggregatedAsset[]
}): JSX.Element {
  const { transaction, assets } = props
  const paid = readToken(transaction.originToken, assets)
  const received = readToken(transaction.destinationToken, assets)
  const status = readStatus(transaction)
  const { label, tone, icon } = STATUSES[status ?? ''] ?? {
    label: status ?? 'Not known yet',
    tone: 'open',
    icon: 'clock',
  }
  const reason = readFailReason(transaction)
  const time = transaction.timestamp ? showTime(transaction.timestamp) : ''
  return (
    <li class="entry" tabIndex={-1} data-quote={transaction.quoteId}>
      <span class="entry-mark" data-tone={tone} aria-hidden="true">
        <Icon name={icon} />
      </span>
      <div class="entry-what">
        <strong>
          {paid?.symbol ?? 'Unknown'} <span class="quiet">to</span> {received?.symbol ?? 'unknown'}
        </strong>
        <span class="quiet">
          <span class="tone" data-tone={tone}>
            {label}
          </span>
          {reason && ` (${sayReason(reason)})`}
          {time && (
            <>
              {' · '}
              <time dateTime={transaction.timestamp ?? ''}>{time}</time>
            </>
          )}
        </span>
        <TransactionLinks transaction={transaction} />
      </div>
      <div class="entry-amounts">
        {received && (
          <strong>
            <span class="only-heard">received </span>
            <span aria-hidden="true">+</span>
            {received.amount} {received.symbol}
          </strong>
        )}
        {paid && (
          <span class="quiet">
            <span class="only-heard">paid </span>
            <span aria-hidden="true">−</span>
            {paid.amount} {paid.symbol}
          </span>
        )}
      </div>
    </li>
  )
}

function readToken(
  token: Transaction['originToken'] | Transaction['destinationToken'],
  assets: readonly AggregatedAsset[],
): { readonly amount: string; readonly symbol: string } | undefined {
  if (!token) return undefined
  const asset = findAsset(assets, token.aggregatedAssetId ?? [token.assetType].flat()[0])
  return asset && { amount: showAmount(token.amount, asset.decimals), symbol: asset.symbol }
}

/** `AMOUNT_TOO_LOW_TO_REFUND` as people read it. The list of reasons is open. */
function sayReason(reason: string): string {
  return reason.toLowerCase().replaceAll('_', ' ')
}
