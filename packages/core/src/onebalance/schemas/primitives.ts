import * as v from 'valibot'
import { isCaip19 } from '../caip.ts'

/** A string of which some values are known: those complete in an editor, and any other passes. */
export type OpenString<Known extends string> = Known | (string & {})

/** A string of which some values are known. The API may add to them at any time, so any string passes. */
export function openString<const Known extends string>(..._known: Known[]): v.GenericSchema<OpenString<Known>> {
  return v.string('must be a string')
}

/** Any text. */
export const text = v.string('must be a string')

/** Any text but the empty one. */
export const filledText = v.pipe(text, v.nonEmpty('must not be empty'))

/**
 * An amount in an answer. A string whatever its size, because a JSON number loses digits beyond 2^53 - 1 before anybody can
 * look at it; so a number here is refused.
 */
export const amountText = v.string('must be an amount as a string; a JSON number may have lost digits')

/** An amount in a request: base units (wei, lamports, 10^-6 USDC), as decimal digits. See `parseAmount`. */
export const amount = v.pipe(
  v.string('must be base units as a string of digits, such as "1500000"; a number loses digits'),
  v.regex(
    /^\d+$/,
    'must be base units as a string of digits, such as "1500000"; parseAmount("1.5", decimals) makes it',
  ),
)

/** An address on an EVM chain. The API compares them with their case. */
export const evmAddress = v.pipe(
  v.string('must be an EVM address: 0x and 40 hexadecimal digits'),
  v.regex(/^0x[0-9a-fA-F]{40}$/, 'must be an EVM address: 0x and 40 hexadecimal digits'),
)

/** An asset in a request: of any chain (`ob:usdc`), or of one (CAIP-19). */
export const assetId = v.pipe(
  v.string('must be an aggregated asset id such as ob:usdc, or a CAIP-19 asset id'),
  v.check(
    (id) => isAggregatedAssetId(id) || isCaip19(id),
    'must be an aggregated asset id such as ob:usdc, or a CAIP-19 asset id such as eip155:8453/erc20:0x…',
  ),
)

/** An asset of any chain: `ob:usdc`. */
export const aggregatedAssetId = v.pipe(
  v.string('must be an aggregated asset id such as ob:usdc'),
  v.check(
    isAggregatedAssetId,
    'must be an aggregated asset id such as ob:usdc; a CAIP-19 id names an asset of one chain',
  ),
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

/** An object schema that takes no list: valibot takes one for an object whose fields are all optional. */
export function noList<Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(
    v.custom<v.InferInput<Schema>>((value) => !Array.isArray(value), 'must be an object'),
    schema,
  )
}
