import { afterAll, expect, test } from 'vitest'
import { createBench } from './helpers/bench.ts'
import { createTestRuntime } from './helpers/test-runtime.ts'

const bench = await createBench()
afterAll(() => bench.close())

test('the referee counts a quote that is sent as something that may be repeated', async () => {
  const client = bench.connect({ runtime: createTestRuntime(bench.sandbox.clock) })
  const body = await bench.createQuote()
  bench.sandbox.faults.next({ reset: 'after' })
  await client.request('POST', '/api/v3/quote/execute-quote', { body, retryClass: 'idempotent' })
  expect(bench.sandbox.executed.get(body.id)).toBe(2)
  expect(() => bench.checkAll()).toThrow()
  await client.close()
})

test('and not one that is sent as what it is', async () => {
  const client = bench.connect({ runtime: createTestRuntime(bench.sandbox.clock) })
  const body = await bench.createQuote()
  bench.sandbox.faults.next({ reset: 'after' })
  const call = client.request('POST', '/api/v3/quote/execute-quote', { body })
  await expect(call).rejects.toMatchObject({ code: 'outcome_unknown' })
  expect(bench.sandbox.executed.get(body.id)).toBe(1)
  await client.close()
})
