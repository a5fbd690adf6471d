import { HOLDERS } from './account.ts'
import { ob } from './client.ts'
import { findAsset, type Portfolio } from './portfolio.ts'

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

function byValue(one: { readonly fiatValue: number }, other: { readonly fiatValue: number }): number {
  return other.fiatValue - one.fiatValue
}
