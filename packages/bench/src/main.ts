// `npm run bench -- [part...] [options]`. Parts: clients, runtimes, cold, memory, sizes, proxy; by default all but proxy.
import { parseArgs } from 'node:util'
import { withContext } from './bench-context.ts'
import { NODE_CONTESTANTS } from './clients/index.ts'
import { type ClientsResult, measureClients } from './parts/clients.ts'
import { findNode } from './runtimes.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    node: { type: 'string', default: '24' },
    rounds: { type: 'string' },
    scale: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    case: { type: 'string' },
    'in-flight': { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const list = (text: string | undefined) => (text === undefined ? undefined : new Set(text.split(',')))

await withContext(
  {
    node: findNode(values.node),
    rounds: Number(values.rounds ?? (values.quick ? 3 : 15)),
    scale: Number(values.scale ?? (values.quick ? 0.3 : 1)),
    seed: Number(values.seed),
    only: list(values.only),
    cases: list(values.case),
    inFlight: values['in-flight'] === undefined ? undefined : new Set(values['in-flight'].split(',').map(Number)),
  },
  async (context) => {
    const result = measureClients(context, context.node, NODE_CONTESTANTS)
    print(result)
  },
)

function print({ clients }: ClientsResult): void {
  const cells = Object.keys(Object.values(clients)[0] ?? {}).sort()
  console.log(['client'.padEnd(16), ...cells.map((cell) => cell.padEnd(22))].join(' '))
  for (const [name, measured] of Object.entries(clients)) {
    const texts = cells.map((cell) => {
      const { cpu, throughput } = measured[cell] ?? {}
      return cpu && throughput
        ? `${cpu[1].toFixed(2)} (${cpu[0].toFixed(2)}-${cpu[2].toFixed(2)}) ${throughput[1].toFixed(2)}x`.padEnd(22)
        : ''
    })
    console.log([name.padEnd(16), ...texts].join(' '))
  }
  void positionals
}
