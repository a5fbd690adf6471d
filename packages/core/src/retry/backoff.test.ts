import { describe, expect, it } from 'vitest'
import { backoffDelay } from './backoff.ts'
import { createRandom } from './random.ts'

const POLICY = { baseDelay: 500, maxDelay: 8_000 }

describe('backoffDelay', () => {
  it.each([
    [0, 500],
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, 8_000],
    [5, 8_000],
    [2_000, 8_000],
  ])('draws 10 000 delays before retry %i uniformly from 0 to %i ms', (n, bound) => {
    const random = createRandom(n + 1)
    const delays = Array.from({ length: 10_000 }, () => backoffDelay(n, POLICY, random()))
    expect(delays.every((delay) => delay >= 0 && delay < bound)).toBe(true)
    const mean = delays.reduce((sum, delay) => sum + delay) / delays.length
    expect(Math.abs(mean - bound / 2)).toBeLessThan(0.02 * (bound / 2))
    // Uniform: each tenth of the range holds a tenth of the draws. Chi squared with 9 degrees of freedom, 99.9 % quantile.
    const counts = new Array<number>(10).fill(0)
    for (const delay of delays)
      counts[Math.floor((delay / bound) * 10)] = (counts[Math.floor((delay / bound) * 10)] ?? 0) + 1
    const chiSquared = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
    expect(chiSquared).toBeLessThan(27.88)
  })

  it.each([
    [0, { baseDelay: 0, maxDelay: Number.POSITIVE_INFINITY }, 0.5, 0],
    [5_000, { baseDelay: 0, maxDelay: 8_000 }, 0.5, 0],
    [5_000, { baseDelay: Number.POSITIVE_INFINITY, maxDelay: Number.POSITIVE_INFINITY }, 0, 0],
    [0, { baseDelay: Number.POSITIVE_INFINITY, maxDelay: 8_000 }, 0.5, 4_000],
  ])('is a number for options at their ends: retry %i of %o', (n, policy, random, delay) => {
    expect(backoffDelay(n, policy, random)).toBe(delay)
  })
})
