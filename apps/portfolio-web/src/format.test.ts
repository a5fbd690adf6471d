import { expect, it } from 'vitest'
import { shorten, showAmount, showBasisPoints, showShare, showTime, showUsd } from './format.ts'
import { safeLink } from './history/safe-link.ts'
import { showRate } from './swap/rate.ts'

it.each([
  ['0', 6, '0'],
  ['1500000', 6, '1.5'],
  ['1234567891', 6, '1,234.567891'],
  ['999999999999999999999999999999', 6, '999,999,999,999,999,999,999,999.999999'],
  ['1999999999999999999', 18, '1.999999'],
  ['1', 18, '<0.000001'],
  ['1000000000000000001', 18, '1'],
  ['1000', 0, '1,000'],
])('shows %s of %i decimals as %s: cut, never rounded up', (units, decimals, text) => {
  expect(showAmount(units, decimals)).toBe(text)
})

it.each([
  ['5000000', 6, '1665000000000000', 18, '3,003.003003'],
  ['1', 18, '1000000', 6, '<0.000001'],
  ['340282366920938463463374607431768211455', 18, '1', 6, '340,282,366,920,938,463,463,374,607.431768'],
  ['5', 6, '0', 18, '0'],
])('says what one costs when %s is paid', (pay, payDecimals, get, getDecimals, rate) => {
  expect(showRate(pay, payDecimals, get, getDecimals)).toBe(rate)
})

it('writes dollars, shares, basis points, times and hashes as people read them', () => {
  expect([showUsd('12.5'), showUsd(1234.567), showShare(0.3333), showBasisPoints(50), showBasisPoints(1)]).toEqual([
    '$12.50',
    '$1,234.57',
    '33.3%',
    '0.5%',
    '0.01%',
  ])
  expect(showTime('2026-01-02T03:04:05Z')).toMatch(/Jan \d, 2026/)
  expect(showTime('soon')).toBe('')
  expect([shorten('0xb98E11f0f854442801e7cf3214710972D5dAF11a'), shorten('short')]).toEqual(['0xb98E…F11a', 'short'])
})

it.each([
  ['https://explorer.example/tx/0x1', 'https://explorer.example/tx/0x1'],
  ['http://explorer.example/', undefined],
  ['javascript:alert(1)', undefined],
  ['data:text/html,x', undefined],
  ['https://explorer.invalid/1', undefined],
  ['//explorer.example', undefined],
  ['', undefined],
  [null, undefined],
])('makes a link of %j only where it is one: %j', (address, link) => {
  expect(safeLink(address)).toBe(link)
})
