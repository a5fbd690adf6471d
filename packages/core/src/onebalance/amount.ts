import { InputError } from '../errors/classes.ts'

/** More decimal places than any token has; a larger number is a mistake, and could fill the memory. */
const MAX_DECIMALS = 255

/**
 * Base units of an amount as people write it. Exact: digits are moved, nothing is rounded, no floating-point number is involved.
 *
 * @example
 * parseAmount('1.5', 6) // '1500000'
 * @param amount digits, with one dot at most: `'1.5'`. No sign, exponent, separator or space
 * @param decimals decimal places of the asset, from `assets.list`
 * @throws {InputError} when it is not such an amount, or has more decimal places than the asset
 */
export function parseAmount(amount: string, decimals: number): string {
  checkDecimals(decimals)
  if (typeof amount !== 'string') refuse('amount', 'must be a string such as "1.5"; a number loses digits')
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(amount) ?? refuse('amount', WRITE_DIGITS)
  if (fraction.length > decimals)
    refuse(
      'amount',
      `has more decimal places than the asset, which has ${decimals}: round it yourself, it is your money`,
    )
  return withoutLeadingZeros(whole + fraction.padEnd(decimals, '0'))
}

/**
 * An amount as people write it, from base units. Exact, and without trailing zeros. `parseAmount` takes it back.
 *
 * @example
 * formatAmount('1500000', 6) // '1.5'
 * @param amount base units, as the API gives them or as a bigint
 * @param decimals decimal places of the asset, from `assets.list`
 * @throws {InputError} when it is not a whole number of base units
 */
export function formatAmount(amount: string | bigint, decimals: number): string {
  checkDecimals(decimals)
  if (typeof amount !== 'string' && typeof amount !== 'bigint')
    refuse('amount', 'must be base units as a string of digits or a bigint; a number loses digits')
  const digits = String(amount)
  if (!/^\d+$/.test(digits)) refuse('amount', 'must be base units: digits only, no sign, dot or exponent')
  const padded = digits.padStart(decimals + 1, '0')
  const whole = withoutLeadingZeros(padded.slice(0, padded.length - decimals))
  const fraction = withoutTrailingZeros(padded.slice(padded.length - decimals))
  return fraction ? `${whole}.${fraction}` : whole
}

const WRITE_DIGITS = 'must be digits with one dot at most, such as "1.5": no sign, exponent, separator or space'

function checkDecimals(decimals: number): void {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > MAX_DECIMALS)
    refuse('decimals', `must be a whole number from 0 to ${MAX_DECIMALS}`)
}

function refuse(path: string, message: string): never {
  throw new InputError({
    message: `${path}: ${message}`,
    hint: 'Correct the fields named in `issues`.',
    issues: [{ path, message }],
  })
}

function withoutLeadingZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '')
}

// A loop, since /0+$/ takes quadratic time on a long run of zeros that does not reach the end.
function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}
