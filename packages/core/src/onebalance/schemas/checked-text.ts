// What a request says in text. Apart from the primitives of answers, so that a bundle which asks for nothing holds none of it.
import * as v from 'valibot'
import { isCaip19 } from '../caip.ts'
import { checkedText, text } from './primitives.ts'

/** Any text but the empty one. */
export const filledText = v.pipe(
  text,
  v.check((value) => value !== '', 'must not be empty'),
)

/** An amount in a request: base units (wei, lamports, 10^-6 USDC), as decimal digits. See `parseAmount`. */
export const amount = checkedText(
  (value) => /^\d+$/.test(value),
  'must be base units as a string of digits; parseAmount("1.5", decimals) makes it',
)

/** An address on an EVM chain. The API compares them with their case. */
export const evmAddress = checkedText(
  (value) => /^0x[0-9a-fA-F]{40}$/.test(value),
  'must be an EVM address: 0x and 40 hexadecimal digits',
)

/** An asset in a request: of any chain (`ob:usdc`), or of one (CAIP-19). */
export const assetId = checkedText(
  (id) => isAggregatedAssetId(id) || isCaip19(id),
  'must be an aggregated asset id such as ob:usdc, or a CAIP-19 asset id such as eip155:8453/erc20:0x…',
)

/** An asset of any chain: `ob:usdc`. */
export const aggregatedAssetId = checkedText(
  isAggregatedAssetId,
  'must be an aggregated asset id such as ob:usdc; a CAIP-19 id names an asset of one chain',
)

/** Whether an id names an asset of any chain, such as `ob:usdc`. */
export function isAggregatedAssetId(id: string): boolean {
  return /^ob:[^\s,]+$/.test(id)
}

/** One value, several in a list, or several in one string with commas, as the API's query parameters take them. */
export function oneOrMore(isValid: (item: string) => boolean, message: string) {
  return v.pipe(
    v.custom<string | readonly string[]>(
      (value) => typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string')),
      'must be a string or a list of strings',
    ),
    v.check((value) => {
      const items = (typeof value === 'string' ? [value] : value).flatMap((part) => part.split(','))
      return items.length > 0 && items.every((item) => isValid(item.trim()))
    }, message),
  )
}
