import type { AggregatedAsset, Quote } from '@ob/browser'
import type { JSX } from 'preact'
import { chainName } from '../chains.ts'
import { showAmount, showUsd } from '../format.ts'
import { Icon } from '../icons.tsx'
import { findAsset } from '../portfolio.ts'
import { useCountdown } from '../use-countdown.ts'
import type { Order } from './order.ts'
import { showRate } from './rate.ts'
import { StepTitle } from './step-title.tsx'

/** An offer, for as long as it holds. */
export function Offer(props: {
  readonly quote: Quote
  readonly assets: readonly AggregatedAsset[]
  readonly onExecute: (quote: Quote, order: Order) => void
  readonly onBack: () => void
  readonly onAgain: () => void
}): JSX.Element {
  const { quote, assets, onExecute, onBack, onAgain } = props
  const { originToken, destinationToken, fees, originChainsOperations } = quote
  const left = useCountdown(Number(quote.expirationTimestamp) * 1_000) ?? 0
  const from = findAsset(assets, originToken?.aggregatedAssetId)
  const to = findAsset(assets, destinationToken?.aggregatedAssetId)
  const pay = originToken && from ? `${showAmount(originToken.amount, from.decimals)} ${from.symbol}` : 'what you chose'
  const get =
    destinationToken && to
      ? `${showAmount(destinationToken.amount, to.decimals)} ${to.symbol}`
      : 'an amount that is not known'
  const isExpired = left === 0
  return (
    <>
      <StepTitle>Your offer</StepTitle>
      <div class="trade">
        <p>
          <span class="quiet">You pay</span>
          <strong>{pay}</strong>
        </p>
        <p>
          <span class="quiet">You receive</span>
          <strong data-testid="offer-get">{get}</strong>
        </p>
      </div>
      <dl class="facts">
        {originToken && destinationToken && from && to && (
          <Fact name="Rate">
            1 {to.symbol} = {showRate(originToken.amount, from.decimals, destinationToken.amount, to.decimals)}{' '}
            {from.symbol}
          </Fact>
        )}
        {destinationToken?.minimumAmount && to && (
          <Fact name="At least">
            {showAmount(destinationToken.minimumAmount, to.decimals)} {to.symbol}
          </Fact>
        )}
        {fees?.cumulativeUSD != null && <Fact name="Fees">{showUsd(fees.cumulativeUSD)}</Fact>}
        {originChainsOperations.length > 0 && (
          <Fact name="Paid from">
            {originChainsOperations.map(({ assetType = '' }) => chainName(assetType.split('/')[0] ?? '')).join(', ')}
          </Fact>
        )}
        {destinationToken?.assetType !== undefined && (
          <Fact name="Arrives on">
            {[destinationToken.assetType]
              .flat()
              .map((type) => chainName(type.split('/')[0] ?? ''))
              .join(', ')}
          </Fact>
        )}
        <Fact name="Good for">
          <span class={left <= 5 ? 'urgent' : undefined}>{isExpired ? 'expired' : `${left} s`}</span>
        </Fact>
      </dl>
      {isExpired && (
        <p class="remark" role="status">
          <Icon name="clock" /> This offer has expired. Nothing was sent; ask for a new one.
        </p>
      )}
      <div class="actions">
        {isExpired ? (
          <button type="button" class="button button-main" onClick={onAgain}>
            Get a new offer
          </button>
        ) : (
          <button
            type="button"
            class="button button-main"
            onClick={() => onExecute(quote, { quoteId: quote.id, pay, get })}
          >
            Swap now
          </button>
        )}
        <button type="button" class="button" onClick={onBack}>
          Back
        </button>
      </div>
    </>
  )
}

function Fact({
  name,
  children,
}: {
  readonly name: string
  readonly children: JSX.Element | (string | undefined)[] | string
}): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
