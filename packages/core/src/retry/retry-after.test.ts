import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RateHeaders } from '../api.ts'
import { type HeaderReader, parseHttpDate, parseRetryAfter, readRateInfo } from './retry-after.ts'

/** Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's own examples. */
const NOW = Date.UTC(1994, 10, 6, 8, 49, 37)

describe('parseRetryAfter', () => {
  it.each<[string, number | undefined]>([
    // Seconds.
    ['0', 0],
    ['2', 2_000],
    ['007', 7_000],
    [' 30 ', 30_000],
    ['86400', 86_400_000],
    ['2147484', 2_147_484_000],
    ['99999999999999999999', Number.MAX_SAFE_INTEGER],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
    // The three forms of a date, 3 s ahead.
    ['Sun, 06 Nov 1994 08:49:40 GMT', 3_000],
    ['Sunday, 06-Nov-94 08:49:40 GMT', 3_000],
    ['Sun Nov  6 08:49:40 1994', 3_000],
    ['Wed Nov 16 08:49:37 1994', 864_000_000],
    // A date that has passed.
    ['Sun, 06 Nov 1994 08:49:36 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    // Not a delay: what is no number of seconds and no HTTP date.
    ['', undefined],
    [' ', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.5', undefined],
    ['1,5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['2s', undefined],
    ['2, 3', undefined],
    ['Infinity', undefined],
    ['NaN', undefined],
    ['null', undefined],
    ['soon', undefined],
    ['\u0662', undefined],
    // Dates that Date.parse would take.
    ['1994', 1_994_000],
    ['1994-11-06', undefined],
    ['1994-11-06T08:49:40Z', undefined],
    ['06 Nov 1994 08:49:40 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:40', undefined],
    ['Sun, 06 Nov 1994 08:49:40 PST', undefined],
    ['Sun, 06 Nov 1994 08:49:40 +0000', undefined],
    ['sun, 06 nov 1994 08:49:40 gmt', undefined],
    ['Sun, 6 Nov 1994 08:49:40 GMT', undefined],
    ['Nov 6, 1994', undefined],
    // Dates that are none.
    ['Sun, 31 Nov 1994 08:49:40 GMT', undefined],
    ['Sun, 00 Nov 1994 08:49:40 GMT', undefined],
    ['Sun, 06 Nox 1994 08:49:40 GMT', undefined],
    ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['Sun, 06 Nov 1994 08:60:00 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:61 GMT', undefined],
    ['Sun Nov  0 08:49:40 1994', undefined],
  ])('%j is %s', (text, ms) => {
    expect(parseRetryAfter(text, NOW)).toBe(ms)
  })
})

describe('parseHttpDate', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', NOW],
    ['Sunday, 06-Nov-94 08:49:37 GMT', NOW],
    ['Sun Nov  6 08:49:37 1994', NOW],
    // A leap second has no place on the epoch's clock.
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2016, 11, 31, 23, 59, 59)],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
  ])('%s', (text, time) => {
    expect(parseHttpDate(text, NOW)).toBe(time)
  })

  it.each([
    [1994, '44', 2044],
    [1994, '45', 1945],
    [2026, '76', 2076],
    [2026, '77', 1977],
    [2099, '00', 2100],
  ])('in %i, the two-digit year %s is %i', (thisYear, digits, year) => {
    const time = parseHttpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`, Date.UTC(thisYear, 6))
    expect(new Date(time ?? 0).getUTCFullYear()).toBe(year)
  })
})

const NAMES = { limit: 'x-limit', remaining: 'x-remaining', reset: 'x-reset' }
const read = (headers: Record<string, string>, resetUnit: RateHeaders['resetUnit'] = 'epoch_s', now = NOW) =>
  readRateInfo(new Headers(headers), { ...NAMES, resetUnit }, () => now)

describe('readRateInfo', () => {
  it.each<[RateHeaders['resetUnit'], string, number | undefined]>([
    ['s', '30', 30_000],
    ['s', '1.5', 1_500],
    ['s', '0', 0],
    ['ms', '1500', 1_500],
    ['epoch_s', String(NOW / 1_000 + 30), 30_000],
    ['epoch_s', String(NOW / 1_000 - 30), 0],
    ['epoch_s', '0', 0],
    // Milliseconds where the contract says seconds would be a wait of millennia.
    ['epoch_s', String(NOW + 30_000), 30_000],
    ['epoch_ms', String(NOW + 1_500), 1_500],
    ['epoch_ms', String(NOW - 1_500), 0],
    ['s', '-1', undefined],
    ['s', '1e3', undefined],
    ['s', '0x10', undefined],
    ['s', 'soon', undefined],
    ['s', '', undefined],
    ['s', '9'.repeat(30), undefined],
    ['epoch_s', 'Sun, 06 Nov 1994 08:49:40 GMT', undefined],
    ['epoch_s', 'NaN', undefined],
  ])('a reset in %s of %j is in %s ms', (unit, reset, ms) => {
    expect(read({ 'x-reset': reset }, unit).resetAfter).toBe(ms)
  })

  it.each<[string, number | undefined]>([
    ['0', 0],
    ['60', 60],
    ['-1', undefined],
    ['1.5', undefined],
    ['many', undefined],
    ['', undefined],
    ['60, 60;w=60', undefined],
  ])('a count of %j is %s', (text, count) => {
    expect(read({ 'x-remaining': text, 'x-limit': text })).toMatchObject({ remaining: count, limit: count })
  })

  it("reads dates and moments against the answer's own Date, so that a local clock that is an hour off does no harm", () => {
    for (const off of [-3_600_000, 3_600_000]) {
      const date = new Date(NOW).toUTCString()
      const later = new Date(NOW + 3_000).toUTCString()
      const info = read({ date, 'retry-after': later, 'x-reset': String(NOW / 1_000 + 5) }, 'epoch_s', NOW + off)
      expect(info).toMatchObject({ retryAfter: 3_000, resetAfter: 5_000 })
    }
  })

  it('reads against the local clock without a Date, or with one that is none', () => {
    const later = new Date(NOW + 3_000).toUTCString()
    expect(read({ 'retry-after': later }).retryAfter).toBe(3_000)
    expect(read({ date: 'yesterday', 'retry-after': later }).retryAfter).toBe(3_000)
  })

  it('reads Retry-After alone where the API has no rate headers, and nothing where there is nothing', () => {
    expect(readRateInfo(new Headers({ 'retry-after': '2', 'x-reset': '9' }), undefined, () => NOW)).toEqual({
      retryAfter: 2_000,
    })
    expect(readRateInfo(new Headers(), undefined, () => NOW)).toEqual({})
    expect(read({})).toEqual({})
  })

  it('never throws, and gives no negative number and no NaN', () => {
    const piece = fc.constantFrom('-', '.', 'e', ' ', ',', '0', '9', '60', '1994', 'Nov', 'Sun', 'GMT', '08:49:37', 'x')
    const date = fc.date({ noInvalidDate: true })
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      fc.bigInt().map(String),
      fc.double().map(String),
      date.map((date) => date.toUTCString()),
      date.map(String),
    )
    const unit = fc.constantFrom<RateHeaders['resetUnit']>('s', 'ms', 'epoch_s', 'epoch_ms')
    const headers = fc.dictionary(fc.constantFrom('retry-after', 'date', 'x-limit', 'x-remaining', 'x-reset'), text)
    fc.assert(
      fc.property(headers, unit, fc.nat(4_102_444_800_000), (headers, resetUnit, now) => {
        const reader: HeaderReader = { get: (name) => headers[name] ?? null }
        for (const number of Object.values(readRateInfo(reader, { ...NAMES, resetUnit }, () => now)))
          if (number !== undefined) expect(number).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 3_000 },
    )
  })
})
