import { formatAmount } from '@ob/browser'

const USD = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' })
const PERCENT = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 })
const TIME = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short' })

/**
 * An amount for people: grouped, and cut to so many decimal places. Cut, not rounded, so that it never shows more than there is;
 * digits only are moved, no floating-point number is involved.
 *
 * @example
 * showAmount('1234567891', 6) // '1,234.567891'
 * @param units base units
 * @param decimals decimal places of the asset
 * @param places decimal places to show. @default 6
 */
export function showAmount(units: string, decimals: number, places = 6): string {
  const [whole = '0', fraction = ''] = formatAmount(units, decimals).split('.')
  const shown = fraction.slice(0, places).replace(/0{1,255}$/, '')
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  if (shown) return `${grouped}.${shown}`
  return whole === '0' && fraction ? `<0.${'1'.padStart(places, '0')}` : grouped
}

/** US dollars. The API gives them as a number or as text; they are for reading, never for paying. */
export function showUsd(value: number | string): string {
  return USD.format(Number(value))
}

/** A share of 1 as a percentage. */
export function showShare(share: number): string {
  return PERCENT.format(share)
}

/** Basis points as a percentage: 50 is `0.5%`. */
export function showBasisPoints(points: number): string {
  return `${formatAmount(String(points), 2)}%`
}

/** A time of the API, or nothing where it is none. */
export function showTime(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime()) ? '' : TIME.format(time)
}

/** The two ends of an address or a hash. */
export function shorten(text: string): string {
  return text.length <= 13 ? text : `${text.slice(0, 6)}…${text.slice(-4)}`
}
