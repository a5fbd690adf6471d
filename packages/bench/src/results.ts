import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Machine } from './machine.ts'
import type { ClientsResult } from './parts/clients.ts'
import type { ColdResult } from './parts/cold.ts'
import type { MemoryResult } from './parts/memory.ts'
import type { ProxyResult } from './parts/proxy.ts'
import type { SizesResult } from './parts/sizes.ts'

/** What `docs/performance.json` holds: each part as it was measured last. */
export interface Results {
  readonly machine?: Machine
  readonly clients?: ClientsResult
  readonly runtimes?: readonly ClientsResult[]
  readonly cold?: ColdResult
  readonly memory?: MemoryResult
  readonly sizes?: SizesResult
  readonly proxy?: ProxyResult
}

/** The folder of the docs. */
export const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url))
const PATH = `${DOCS}performance.json`

/** Reads what was measured before; empty where nothing was. */
export function readResults(): Results {
  return existsSync(PATH) ? (JSON.parse(readFileSync(PATH, 'utf8')) as Results) : {}
}

/** Keeps results, numbers with three significant digits: no measurement here is better than that. */
export function writeResults(results: Results): void {
  const text = JSON.stringify(results, (_, value: unknown) => (typeof value === 'number' ? round(value) : value), 1)
  // A list of numbers on one line.
  writeFileSync(
    PATH,
    `${text.replace(/\[\s+([-\d.,\s]+?)\s+\]/g, (_, inner: string) => `[${inner.replace(/\s+/g, ' ')}]`)}\n`,
  )
}

function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3))
}
