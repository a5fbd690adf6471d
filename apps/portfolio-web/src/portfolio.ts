import type { AggregatedAsset } from '@ob/browser'
import { HOLDERS } from './account.ts'
import { ob } from './client.ts'

/** A part of an asset that is on one chain. */
export interface ChainHolding {
  /** CAIP-19 id of the token. */
  readonly assetType: string
  /** CAIP-2 id of the chain. */
  readonly chain: string
  /** Base units of the token. */
  readonly balance: string
  /** Decimal places of the token, which may differ from the asset's. */
  readonly decimals: number
  /** US dollars. */
  readonly fiatValue: number
}

/** What is held of one asset, over all chains. */
export interface Holding {
  readonly asset: AggregatedAsset
  /** Base units. */
  readonly balance: string
  /** US dollars. */
  readonly fiatValue: number
  /** Where it is, the largest part first. Chains without any are left out. */
  readonly chains: readonly ChainHolding[]
}

/** What the accounts hold, and what can be held at all. */
export interface Portfolio {
  readonly assets: readonly AggregatedAsset[]
  /** Only what there is some of, the most valuable first. */
  readonly holdings: readonly Holding[]
  /** US dollars. */
  readonly total: number
}

/** Asks for what can be held, unless that is known from before, then for what is. */
export async function loadPortfolio(signal: AbortSignal, before: Portfolio | undefined): Promise<Portfolio> {
  const assets = before?.assets ?? (await ob.assets.list(undefined, { signal }))
  const { balanceByAggregatedAsset, totalBalance } = await ob.balances.aggregated(
    { account: HOLDERS, aggregatedAssetId: assets.map(({ aggregatedAssetId }) => aggregatedAssetId) },
    { signal },
  )
  const holdings = balanceByAggregatedAsset.flatMap(({ aggregatedAssetId, balance, fiatValue, ...rest }) => {
    const asset = findAsset(assets, aggregatedAssetId)
    if (!asset || BigInt(balance) === 0n) return []
    const chains = rest.individualAssetBalances.flatMap((part) => {
      if (BigInt(part.balance) === 0n) return []
      const entity = asset.aggregatedEntities.find(({ assetType }) => assetType === part.assetType)
      const [chain = part.assetType] = part.assetType.split('/')
      return [{ ...part, chain, decimals: entity?.decimals ?? asset.decimals }]
    })
    return [{ asset, balance, fiatValue, chains: chains.sort(byValue) }]
  })
  return { assets, holdings: holdings.sort(byValue), total: totalBalance.fiatValue }
}

/** The asset with this id, or that this token (CAIP-19) belongs to. */
export function findAsset(
  assets: readonly AggregatedAsset[],
  id: string | null | undefined,
): AggregatedAsset | undefined {
  return assets.find(
    ({ aggregatedAssetId, aggregatedEntities }) =>
      aggregatedAssetId === id || aggregatedEntities.some(({ assetType }) => assetType === id),
  )
}

function byValue(one: { readonly fiatValue: number }, other: { readonly fiatValue: number }): number {
  return other.fiatValue - one.fiatValue
}
