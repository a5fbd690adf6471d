import * as v from 'valibot'
import { openString, text } from './primitives.ts'

const entity = v.looseObject({
  /** CAIP-19 id of the token on one chain. */
  assetType: text,
  /** Decimal places of this token; may differ from those of the aggregated asset. */
  decimals: v.number(),
  name: text,
  symbol: text,
})

/** One asset over all chains, and the tokens that it stands for. Source: Assets, "List". */
export const aggregatedAsset = v.looseObject({
  /** `ob:usdc`: stands for the asset on whichever chain. */
  aggregatedAssetId: openString<'ob:usdc' | 'ob:eth'>(),
  /** Ticker: `USDC`. */
  symbol: text,
  name: text,
  /** Decimal places of amounts of this asset: 6 means that "1500000" is 1.5. */
  decimals: v.number(),
  /** Picture, URL. */
  logoUrl: v.nullish(text),
  /** The tokens behind it, one for each chain and contract. */
  aggregatedEntities: v.array(entity),
})

/** One asset over all chains, and the tokens that it stands for. */
export interface AggregatedAsset extends v.InferOutput<typeof aggregatedAsset> {}
