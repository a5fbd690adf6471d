import type { JSX } from 'preact'
import { chainName } from '../chains.ts'
import { showAmount, showShare, showUsd } from '../format.ts'
import { Icon } from '../icons.tsx'
import type { Holding } from '../portfolio.ts'

/** One asset; opens to show on which chains it is. */
export function HoldingRow(props: {
  readonly holding: Holding
  /** Share of the whole portfolio, 0 to 1. */
  readonly share: number
  readonly color: number
  readonly isActive: boolean
  readonly onPoint: (isPointed: boolean) => void
}): JSX.Element {
  const { holding, share, color, isActive, onPoint } = props
  const { asset, balance, fiatValue, chains } = holding
  return (
    <li
      class="holding"
      data-active={isActive}
      onMouseEnter={() => onPoint(true)}
      onMouseLeave={() => onPoint(false)}
      onFocusCapture={() => onPoint(true)}
      onBlurCapture={() => onPoint(false)}
    >
      <details>
        <summary>
          <span class="coin" data-color={color} aria-hidden="true">
            {asset.symbol.slice(0, 4)}
          </span>
          <span class="holding-name">
            <strong>{asset.name}</strong>
            <span class="quiet">
              {showShare(share)} · {chains.length === 1 ? '1 chain' : `${chains.length} chains`}
            </span>
          </span>
          <span class="holding-value">
            <strong>{showUsd(fiatValue)}</strong>
            <span class="quiet">
              {showAmount(balance, asset.decimals)} {asset.symbol}
            </span>
          </span>
          <Icon name="chevron" />
        </summary>
        <ul class="chains">
          {chains.map((part) => (
            <li key={part.assetType}>
              <span class="chain-name">{chainName(part.chain)}</span>
              <span class="bar" aria-hidden="true">
                <span
                  data-color={color}
                  style={{ width: `${fiatValue > 0 ? (100 * part.fiatValue) / fiatValue : 0}%` }}
                />
              </span>
              <span class="chain-amount">
                {showAmount(part.balance, part.decimals)} {asset.symbol}
              </span>
              <span class="chain-value quiet">{showUsd(part.fiatValue)}</span>
            </li>
          ))}
        </ul>
      </details>
    </li>
  )
}
