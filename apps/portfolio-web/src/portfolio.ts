import type { AggregatedAsset } from '@ob/browser'

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
