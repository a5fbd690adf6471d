import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../errors/classes.ts'
import { formatAmount, parseAmount } from './amount.ts'

describe('parseAmount', () => {
  it.each([
    ['1.5', 6, '1500000'],
    ['0', 18, '0'],
    ['0.000001', 6, '1'],
    ['007', 0, '7'],
    ['1.50', 2, '150'],
    ['123456789012345678901234567890.123456789012345678', 18, '123456789012345678901234567890123456789012345678'],
  ])('moves the dot of %s by %i', (amount, decimals, units) => {
    expect(parseAmount(amount, decimals)).toBe(units)
  })

  it.each(['', '.', '.5', '1.', '-1', '+1', '1e6', '1,5', '1_000', ' 1', '1\n', '0x10', '١', 'Infinity', '1.5.0'])(
    'refuses %j',
    (amount) => {
      expect(() => parseAmount(amount, 6)).toThrow(InputError)
    },
  )

  it('refuses to round', () => {
    expect(() => parseAmount('0.0000001', 6)).toThrow(/^amount: has more decimal places than the asset, which has 6/)
  })

  it('refuses a number, and decimals that are none', () => {
    expect(() => parseAmount(1.5 as never, 6)).toThrow(InputError)
    for (const decimals of [-1, 1.5, 256, Number.NaN, '6' as never])
      expect(() => parseAmount('1', decimals)).toThrow(/^decimals: must be a whole number from 0 to 255/)
  })

  it('does not repeat the value', () => {
    expect(() => parseAmount('secret', 6)).not.toThrow(/secret/)
  })
})

describe('formatAmount', () => {
  it.each([
    ['1500000', 6, '1.5'],
    ['0', 6, '0'],
    ['1', 18, '0.000000000000000001'],
    [10n ** 30n, 18, '1000000000000'],
    ['000100', 2, '1'],
    ['42', 0, '42'],
  ])('moves the dot of %s back by %i', (units, decimals, amount) => {
    expect(formatAmount(units, decimals)).toBe(amount)
  })

  it.each(['', '-1', '1.5', '1e3', ' 1', -1n, 1_500_000 as never, undefined as never])('refuses %s', (units) => {
    expect(() => formatAmount(units, 6)).toThrow(InputError)
  })
})

it('takes back what it gave, for every amount', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.integer({ min: 0, max: 255 }), (units, decimals) => {
      expect(parseAmount(formatAmount(units, decimals), decimals)).toBe(String(units))
    }),
  )
})
