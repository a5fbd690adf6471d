import { type AggregatedAsset, isOneBalanceError, parseAmount, type QuoteInput } from '@ob/browser'
import { ACCOUNTS, SOLANA_ADDRESS } from '../account.ts'
import { showAmount } from '../format.ts'
import { findAsset, type Portfolio } from '../portfolio.ts'

/** What stands in the form. */
export interface SwapForm {
  /** Aggregated asset id of what is paid. */
  readonly from: string
  /** Aggregated asset id of what is received. */
  readonly to: string
  /** As typed. */
  readonly amount: string
  /** Basis points: 50 is 0.5 %. */
  readonly slippage: number
}

/** The form as it is at first: the most valuable holding, into the first other asset. */
export function firstForm({ assets, holdings }: Portfolio): SwapForm {
  const from = holdings[0]?.asset.aggregatedAssetId ?? assets[0]?.aggregatedAssetId ?? ''
  const to = assets.find(({ aggregatedAssetId }) => aggregatedAssetId !== from)?.aggregatedAssetId ?? ''
  return { from, to, amount: '', slippage: 50 }
}

/** Puts an asset on one side. Where it was on the other, the two change places. */
export function chooseAsset(form: SwapForm, side: 'from' | 'to', id: string): SwapForm {
  const other = side === 'from' ? 'to' : 'from'
  return { ...form, [side]: id, ...(form[other] === id && { [other]: form[side] }) }
}

/** What the form asks the API for, or what is wrong with the amount. */
export function readForm(
  form: SwapForm,
  { assets, holdings }: Portfolio,
): { readonly input: QuoteInput } | { readonly problem: string } {
  const [from, to] = [findAsset(assets, form.from), findAsset(assets, form.to)]
  if (!from || !to) return { problem: 'Choose an asset to pay and one to receive.' }
  const text = form.amount.trim()
  if (text === '') return { problem: 'Enter an amount.' }
  const amount = toUnits(text, from)
  if (typeof amount !== 'string') return amount
  if (/^0+$/.test(amount)) return { problem: 'Enter an amount above zero.' }
  const held = holdings.find(({ asset }) => asset === from)?.balance ?? '0'
  if (BigInt(amount) > BigInt(held))
    return { problem: `You hold ${showAmount(held, from.decimals)} ${from.symbol}: enter that much or less.` }
  return {
    input: {
      from: { accounts: ACCOUNTS, asset: { assetId: from.aggregatedAssetId }, amount },
      to: { asset: { assetId: to.aggregatedAssetId }, ...receiverOf(to) },
      slippageTolerance: form.slippage,
    },
  }
}

function toUnits(text: string, { decimals, symbol }: AggregatedAsset): string | { readonly problem: string } {
  try {
    return parseAmount(text, decimals)
  } catch (error) {
    if (!isOneBalanceError(error)) throw error
    return /^\d+\.\d+$/.test(text)
      ? { problem: `${symbol} has ${decimals} decimal places: enter no more than that.` }
      : { problem: 'Enter digits with one dot at most, such as 12.5.' }
  }
}

/** What exists on Solana only has to be told where to go: the paying account is an EVM one by default. */
function receiverOf({ aggregatedEntities }: AggregatedAsset): { readonly account?: string } {
  const chains = aggregatedEntities.map(({ assetType }) => assetType.split('/')[0] ?? '')
  const isSolanaOnly = chains.length > 0 && chains.every((chain) => chain.startsWith('solana:'))
  return isSolanaOnly ? { account: `${chains[0]}:${SOLANA_ADDRESS}` } : {}
}
