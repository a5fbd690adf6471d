import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBudget } from './budget.ts'

const takeAll = (budget: ReturnType<typeof createBudget>): number => {
  let taken = 0
  while (taken < 1_000 && budget.take() !== false) taken += 1
  return taken
}

describe('createBudget', () => {
  it('gives its capacity and no more', () => {
    const budget = createBudget({ capacity: 5, refill: 0.1 })
    expect(takeAll(budget)).toBe(5)
    expect(budget.take()).toBe(false)
  })

  it('tells the share that was spent before', () => {
    const budget = createBudget({ capacity: 4, refill: 1 })
    expect([budget.take(), budget.take(), budget.take()]).toEqual([0, 0.25, 0.5])
    budget.refill()
    expect([budget.take(), budget.take(), budget.take()]).toEqual([0.5, 0.75, false])
    expect(createBudget({ capacity: Number.POSITIVE_INFINITY, refill: 1 }).take()).toBe(0)
  })

  it('gives a retry back for ten successes', () => {
    const budget = createBudget({ capacity: 5, refill: 0.1 })
    takeAll(budget)
    for (let count = 0; count < 9; count += 1) budget.refill()
    expect(budget.take()).toBe(false)
    budget.refill()
    expect(takeAll(budget)).toBe(1)
  })

  it('never holds more than its capacity', () => {
    const budget = createBudget({ capacity: 3, refill: 1 })
    for (let count = 0; count < 100; count += 1) budget.refill()
    expect(takeAll(budget)).toBe(3)
  })

  it.each([
    [0, 0, 0],
    [0.9, 0, 0],
    [Number.POSITIVE_INFINITY, 0.1, 1_000],
  ])('with a capacity of %d and a refill of %d gives %i retries', (capacity, refill, retries) => {
    expect(takeAll(createBudget({ capacity, refill }))).toBe(retries)
  })

  it('never gives more than capacity and refills allow', () => {
    const steps = fc.array(fc.boolean(), { maxLength: 300 })
    fc.assert(
      fc.property(fc.nat(20), fc.double({ min: 0, max: 1, noNaN: true }), steps, (capacity, refill, steps) => {
        const budget = createBudget({ capacity, refill })
        let taken = 0
        let refilled = 0
        for (const isTake of steps) {
          if (!isTake) {
            budget.refill()
            refilled += refill
          } else if (budget.take() !== false) taken += 1
        }
        expect(taken).toBeLessThanOrEqual(capacity + refilled + 1e-6)
      }),
    )
  })
})
