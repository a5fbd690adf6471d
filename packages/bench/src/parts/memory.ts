import { type Context, KEY } from '../bench-context.ts'
import type { MemoryReport } from '../child-memory.ts'
import type { Target } from '../clients/client.ts'
import { NODE_CONTESTANTS } from '../clients/index.ts'
import { program, runJson } from '../processes.ts'
import { toSpread } from '../statistics.ts'

/** Bytes of heap kept for 10 000 calls of the small list, by client. */
export type MemoryResult = Readonly<Record<string, number>>

/** Measures what clients keep of their calls: the median of the blocks of one process. */
export function measureMemory({ node, ports, only, log }: Context): MemoryResult {
  const result: Record<string, number> = {}
  for (const { name, module } of NODE_CONTESTANTS) {
    if (only && !only.has(name)) continue
    const target: Target = { origin: `http://127.0.0.1:${ports.http}`, prefix: '/small', key: KEY }
    const { kept } = runJson<MemoryReport>(node, program('child-memory'), [module, JSON.stringify(target)], {})
    result[name] = Math.round(toSpread(kept)[1])
    log(`memory: ${name} ${result[name]} bytes (${kept.join(', ')})`)
  }
  return result
}
