import { afterAll, describe, expect, test } from 'vitest'
import { type Case, createBench, FLOWS } from './helpers/bench.ts'
import type { Fault, Script } from './helpers/fault-front.ts'
import { httpAnswer } from './helpers/raw-server.ts'
import { createRandom } from './helpers/test-runtime.ts'

// OB_SEED=<n> runs one script again; OB_LONG=1 runs ten thousand new ones.
const { OB_SEED, OB_LONG } = process.env
const first = OB_SEED ? Number(OB_SEED) : OB_LONG ? Date.now() % 1_000_000_000 : 1
const count = OB_SEED ? 1 : OB_LONG ? 10_000 : 300
const seeds = Array.from({ length: count }, (_, index) => first + index)

const bench = await createBench()
afterAll(() => bench.close())

describe('random fault scripts', () => {
  test.each(seeds)('seed %i', async (seed) => {
    const random = createRandom(seed)
    const verdict = await bench.run(drawCase(random))
    expect(verdict.executed).toBeLessThanOrEqual(1)
  })

  test('no quote ran twice in the end, and no outcome was wrong', () => bench.checkAll())
})

/** A case of up to six faults, with limits that pass and callers that go away at any moment. */
function drawCase(random: () => number): Case {
  const below = (n: number): number => Math.floor(random() * n)
  const pick = <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0]
  const isWarm = random() < 0.3
  const script: Script = Array.from({ length: below(7) }, () => drawStep(random, isWarm ? 1 : 0))
  const patience = below(200)
  const interrupts = random() < 0.3
  return {
    flow: pick(FLOWS),
    // A connection that is to be warm must live that long.
    script: isWarm ? [script.find((step) => !step || !isBeforeRequest(step.at)), ...script] : script,
    isWarm,
    options: {
      retry: pick([undefined, false, { maxRetries: 1 }, { maxRetries: 6 }]),
      maxConcurrent: pick([undefined, 1]),
    },
    async during({ front, runtime, abort, isSettled }) {
      let handled = 0
      for (let turn = 0; !isSettled(); turn += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        const isSilent = (front?.stalls ?? 0) > handled
        if (!isSilent && !(interrupts && turn === patience)) continue
        if (isSilent) handled += 1
        if (random() < 0.7) runtime.expire()
        else abort()
      }
    },
  }
}

function drawStep(random: () => number, on: number): Script[number] {
  const below = (n: number): number => Math.floor(random() * n)
  const end = (['fin', 'reset', 'stall'] as const)[below(3)] ?? 'fin'
  const places: readonly (Fault | undefined)[] = [
    undefined,
    { at: 'accept', end },
    { at: 'handshakeUp', end, bytes: below(2_000) },
    { at: 'handshakeDown', end, bytes: below(2_000) },
    { at: 'connected', end },
    { at: 'request', end, on, bytes: below(2_500) },
    { at: 'received', end, on },
    { at: 'delivered', end, on },
    { at: 'response', end, on, bytes: below(600) },
  ]
  const status = 200 + below(400)
  return random() < 0.2
    ? {
        at: 'answer',
        on,
        isProcessed: status < 300 || status === 408 || status >= 500,
        raw: httpAnswer(status, '{"success":true}'),
      }
    : places[below(places.length)]
}

function isBeforeRequest(at: string): boolean {
  return ['accept', 'handshakeUp', 'handshakeDown', 'connected'].includes(at)
}
