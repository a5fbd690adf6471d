import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { EVM_ADDRESS } from '../account.ts'
import { ErrorNotice } from '../errors/error-notice.tsx'
import { showUsd } from '../format.ts'
import { Icon } from '../icons.tsx'
import type { Portfolio } from '../portfolio.ts'
import type { Load } from '../use-load.ts'
import { AllocationChart } from './allocation-chart.tsx'
import { HoldingRow } from './holding-row.tsx'

/** What the accounts hold: the sum, a chart, and each asset by chain. */
export function Holdings({
  load,
  onReload,
}: {
  readonly load: Load<Portfolio>
  readonly onReload: () => void
}): JSX.Element {
  const { data, error, isLoading } = load
  return (
    <section class="card holdings" aria-labelledby="holdings-title" aria-busy={isLoading}>
      <header class="card-head">
        <h2 id="holdings-title">Holdings</h2>
        <button type="button" class="icon-button" aria-label="Refresh holdings" disabled={isLoading} onClick={onReload}>
          <Icon name="refresh" />
        </button>
      </header>
      {error !== undefined && <ErrorNotice error={error} onRetry={onReload} />}
      {data && (data.holdings.length > 0 ? <Filled portfolio={data} /> : <Empty />)}
      {!data && error === undefined && <Loading />}
    </section>
  )
}

function Filled({ portfolio }: { readonly portfolio: Portfolio }): JSX.Element {
  const { assets, holdings, total } = portfolio
  const [active, setActive] = useState<string>()
  const chains = new Set(holdings.flatMap((holding) => holding.chains.map(({ chain }) => chain)))
  // By the place in the list of assets, so that a colour stays with its asset when the order changes.
  const rows = holdings.map((holding) => ({
    holding,
    id: holding.asset.aggregatedAssetId,
    label: holding.asset.symbol,
    share: total > 0 ? holding.fiatValue / total : 0,
    color: assets.indexOf(holding.asset) % 6,
  }))
  return (
    <>
      <div class="overview">
        <div>
          <p class="total" data-testid="total">
            {showUsd(total)}
          </p>
          <p class="quiet">
            in {holdings.length === 1 ? '1 asset' : `${holdings.length} assets`} on{' '}
            {chains.size === 1 ? '1 chain' : `${chains.size} chains`}
          </p>
        </div>
        <AllocationChart
          slices={rows}
          active={active}
          caption={rows.length === 1 ? 'asset' : 'assets'}
          onPoint={setActive}
        />
      </div>
      <ul class="rows">
        {rows.map(({ id, holding, share, color }) => (
          <HoldingRow
            key={id}
            holding={holding}
            share={share}
            color={color}
            isActive={active === id}
            onPoint={(isPointed) => setActive(isPointed ? id : undefined)}
          />
        ))}
      </ul>
    </>
  )
}

function Empty(): JSX.Element {
  return (
    <div class="empty">
      <p>
        <strong>Nothing here yet.</strong>
      </p>
      <p class="quiet">
        Send an asset to <span class="address">{EVM_ADDRESS}</span> on any chain, and it shows up here.
      </p>
    </div>
  )
}

function Loading(): JSX.Element {
  return (
    <div class="loading">
      <p role="status" class="only-heard">
        Loading holdings
      </p>
      <div class="overview" aria-hidden="true">
        <div>
          <span class="bone bone-total" />
          <span class="bone bone-text" />
        </div>
        <span class="bone bone-ring" />
      </div>
      <div aria-hidden="true">
        <span class="bone bone-row" />
        <span class="bone bone-row" />
        <span class="bone bone-row" />
      </div>
    </div>
  )
}
