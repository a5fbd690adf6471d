import { expect, test } from 'vitest'
import { createRandom, quantile, shuffle, toSpread } from '../src/statistics.ts'

test('quartiles lie between the values where none is exact', () => {
  expect(toSpread([4, 1, 3, 2])).toEqual([1.75, 2.5, 3.25])
  expect(toSpread([7])).toEqual([7, 7, 7])
  expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
})

test('a shuffle keeps every item, and the same seed gives the same order', () => {
  const items = Array.from({ length: 50 }, (_, index) => index)
  const order = shuffle(items, createRandom(1))
  expect(order).not.toEqual(items)
  expect([...order].sort((a, b) => a - b)).toEqual(items)
  expect(shuffle(items, createRandom(1))).toEqual(order)
  expect(shuffle(items, createRandom(2))).not.toEqual(order)
})
