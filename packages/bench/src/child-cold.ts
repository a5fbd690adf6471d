// One call of a client in a fresh process: `node child-cold.js <module> '<Target as JSON>'`. Prints a `ColdReport` as JSON.
import type { CreateClient, Target } from './clients/client.ts'

/** Milliseconds; the process begins at 0. */
export interface ColdReport {
  /** What loading the client took. */
  readonly load: number
  /** When the first answer was there. */
  readonly answer: number
}

const [, , module, target] = process.argv as unknown as [string, string, string, string]
const before = performance.now()
const { create } = (await import(module)) as { create: CreateClient }
const load = performance.now() - before
await create(JSON.parse(target) as Target).get()
const report: ColdReport = { load, answer: performance.now() }
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit())
