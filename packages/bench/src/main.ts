// What the SDK costs, beside its peers, in one run: `npm run bench -- --help`.
import { HELP, type Part, readArguments } from './arguments.ts'
import { type Context, withContext } from './bench-context.ts'
import { NODE_CONTESTANTS, otherContestants } from './clients/index.ts'
import { describeMachine } from './machine.ts'
import { renderResults } from './page/render.ts'
import { writePage } from './page/write.ts'
import { measureClients } from './parts/clients.ts'
import { measureCold } from './parts/cold.ts'
import { measureMemory } from './parts/memory.ts'
import { describeProfile } from './parts/profile.ts'
import { measureProxies } from './parts/proxy.ts'
import { measureSizes } from './parts/sizes.ts'
import { type Results, readResults, writeResults } from './results.ts'
import { findNode, findOthers } from './runtimes.ts'

const options = readArguments(process.argv.slice(2))
if (options.isHelp) process.stdout.write(HELP)
else await withContext({ ...options, node: findNode(options.node) }, run)

async function run(context: Context): Promise<void> {
  if (options.parts.includes('profile')) return console.log(describeProfile(context))
  let results: Results = { machine: describeMachine() }
  for (const part of options.parts) results = { ...results, ...(await measure(part, context)) }
  console.log(renderResults(results))
  if (!options.isWriting) return
  const all = { ...readResults(), ...results }
  writeResults(all)
  // As it was kept, so that page and file say the same.
  writePage(readResults())
}

async function measure(part: Part, context: Context): Promise<Results> {
  switch (part) {
    case 'clients':
      return { clients: measureClients(context, context.node, NODE_CONTESTANTS) }
    case 'runtimes':
      return {
        runtimes: findOthers().map((runtime) =>
          measureClients(context, runtime, otherContestants(`ob-${runtime.name}`)),
        ),
      }
    case 'cold':
      return { cold: await measureCold(context) }
    case 'memory':
      return { memory: measureMemory(context) }
    case 'sizes':
      return { sizes: await measureSizes(context.log) }
    case 'proxy':
      return { proxy: await measureProxies(context) }
    case 'profile':
      return {}
  }
}
