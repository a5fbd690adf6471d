import * as v from 'valibot'
import { isCaip10, isCaip19 } from '../caip.ts'
import { evmAddress, isAggregatedAssetId, oneOrMore } from './checked-text.ts'
import { amountText, text } from './primitives.ts'

const assetBalance = v.looseObject({
  /** CAIP-19 id of the token on one chain. */
  assetType: text,
  /** Base units, decimal string. */
  balance: amountText,
  /** US dollars. */
  fiatValue: v.number(),
})

const balanceEntries = {
  /** By asset over all chains. */
  balanceByAggregatedAsset: v.array(
    v.looseObject({
      /** `ob:usdc`. */
      aggregatedAssetId: text,
      /** Sum over all chains: base units of the aggregated asset, decimal string. */
      balance: amountText,
      /** US dollars. */
      fiatValue: v.number(),
      /** The same by token. */
      individualAssetBalances: v.array(assetBalance),
    }),
  ),
  /** Tokens that were asked for by their CAIP-19 id. */
  balanceBySpecificAsset: v.optional(v.array(assetBalance)),
  totalBalance: v.looseObject({
    /** US dollars. */
    fiatValue: v.number(),
  }),
}

/** What accounts hold. Source: Balances, "Aggregated balance (v3)". */
export const aggregatedBalance = v.looseObject({
  ...balanceEntries,
  /** The accounts that were looked at, by kind of chain. */
  accounts: v.optional(v.looseObject({ evm: v.nullish(text), solana: v.nullish(text) })),
})

/** What accounts hold. */
export interface AggregatedBalance extends v.InferOutput<typeof aggregatedBalance> {}

/** What an EVM account holds. Source: Balances, "Aggregated balance" (v2). */
export const aggregatedBalanceV2 = v.looseObject(balanceEntries)

/** What an EVM account holds. */
export interface AggregatedBalanceV2 extends v.InferOutput<typeof aggregatedBalanceV2> {}

const specificAssets = oneOrMore(
  isCaip19,
  'must be CAIP-19 asset ids such as eip155:8453/erc20:0x…; an ob: id goes into aggregatedAssetId',
)

const NO_FILTER = 'give aggregatedAssetId (such as ob:usdc) or assetId (CAIP-19): at least one of them'

const balanceInputEntries = v.object({
  /**
   * CAIP-10 for EVM (`eip155:8453:0x…`), the short form `solana:<address>` for Solana. Several as a list or with commas.
   */
  account: oneOrMore(
    (id) => isCaip10(id) || /^solana:[1-9A-Za-z]{1,64}$/.test(id),
    'must be CAIP-10 account ids such as eip155:8453:0x…, or solana:<address>',
  ),
  /** `ob:usdc`; several as a list or with commas. This or `assetId` is needed. */
  aggregatedAssetId: v.optional(
    oneOrMore(isAggregatedAssetId, 'must be aggregated asset ids such as ob:usdc; a CAIP-19 id goes into assetId'),
  ),
  /** CAIP-19 ids; several as a list or with commas. This or `aggregatedAssetId` is needed. */
  assetId: v.optional(specificAssets),
})

type BalanceInputEntries = v.InferInput<typeof balanceInputEntries>

/** Which accounts and which assets: at least one of `aggregatedAssetId` and `assetId`. */
export type AggregatedBalanceInput = BalanceInputEntries &
  (
    | {
        aggregatedAssetId: NonNullable<BalanceInputEntries['aggregatedAssetId']>
      }
    | { assetId: NonNullable<BalanceInputEntries['assetId']> }
  )

/** See {@link AggregatedBalanceInput}. */
export const aggregatedBalanceInput = v.pipe(
  balanceInputEntries,
  v.forward(
    v.check((input) => input.aggregatedAssetId !== undefined || input.assetId !== undefined, NO_FILTER),
    ['aggregatedAssetId'],
  ),
) as unknown as v.GenericSchema<AggregatedBalanceInput>

/** See {@link AggregatedBalanceInputV2}. */
export const aggregatedBalanceInputV2 = v.object({
  /** EVM address, `0x…`. */
  address: evmAddress,
  /** CAIP-19 ids to look at; several as a list or with commas. @default every asset that the API knows */
  assetId: v.optional(specificAssets),
})

/** Which account, and which assets. */
export interface AggregatedBalanceInputV2 extends v.InferInput<typeof aggregatedBalanceInputV2> {}
