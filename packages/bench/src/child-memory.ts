// What a client keeps of its calls: `node child-memory.js <module> '<Target as JSON>'`. Prints a `MemoryReport` as JSON.
import type { CreateClient, Target } from './clients/client.ts'

/** Bytes of heap that 10 000 calls left behind, after garbage collection; for each block of them. */
export interface MemoryReport {
  readonly kept: readonly number[]
}

const CALLS = 10_000
const BLOCKS = 3

const [, , module, target] = process.argv as unknown as [string, string, string, string]
const { gc } = globalThis as { gc?: () => void }
if (!gc) throw new Error('run with --expose-gc')
const { create } = (await import(`./clients/${module}.js`)) as { create: CreateClient }
const client = create(JSON.parse(target) as Target)
// What is made once, such as compiled code and connections, is no part of what calls keep.
await call(CALLS)
const kept: number[] = []
let before = await heap()
for (let block = 0; block < BLOCKS; block += 1) {
  await call(CALLS)
  const after = await heap()
  kept.push(after - before)
  before = after
}
process.stdout.write(`${JSON.stringify({ kept } satisfies MemoryReport)}\n`, () => process.exit())

async function call(count: number): Promise<void> {
  let left = count
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await client.get()
    }
  }
  await Promise.all(Array.from({ length: 32 }, work))
}

async function heap(): Promise<number> {
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    gc?.()
  }
  return process.memoryUsage().heapUsed
}
