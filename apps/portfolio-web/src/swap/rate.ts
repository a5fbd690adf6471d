import { showAmount } from '../format.ts'

/** Far more than are shown, so that the price of something cheap is not taken for none. */
const PLACES = 18

/**
 * How much of what is paid one whole unit of what is received costs, for reading. Whole numbers only: no digit is made up.
 *
 * @param pay base units
 * @param get base units
 */
export function showRate(pay: string, payDecimals: number, get: string, getDecimals: number): string {
  if (BigInt(get) === 0n) return '0'
  const rate = (BigInt(pay) * 10n ** BigInt(getDecimals + PLACES)) / (BigInt(get) * 10n ** BigInt(payDecimals))
  return showAmount(String(rate), PLACES)
}
