import { type Context, KEY } from '../bench-context.ts'
import { applyLoad, cpuOf, EACH_ANOTHER, loader } from '../load.ts'
import { BALANCE, LIST } from '../payloads.ts'
import { program, startServer } from '../processes.ts'
import { MOUNT, type ProxyOrder, VISITOR } from '../proxies/order.ts'
import { findOthers, type Runtime } from '../runtimes.ts'
import { createRandom, type Spread, shuffle, toSpread } from '../statistics.ts'

/** One proxy with one size of answer, over all rounds. */
export interface ProxySummary {
  /** Answers in a second. */
  readonly throughput: Spread
  /** CPU of the proxy for one answer, microseconds; none where the system does not tell. */
  readonly cpu: Spread | undefined
  /** Milliseconds. */
  readonly p99: Spread
}

/** All proxies; the name of a row ends in the size of its answer. */
export interface ProxyResult {
  readonly runtimes: readonly string[]
  readonly loader: string
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  /** By `<proxy>@<size>`. */
  readonly proxies: Readonly<Record<string, ProxySummary>>
}

interface Candidate {
  readonly name: string
  readonly runtime: Runtime
  readonly module: string
  readonly prefix: ProxyOrder['prefix']
  readonly isCached: boolean
}

const CONNECTIONS = 64
/** A proxy runs for days: what its first seconds cost, when all of its code is still compiled, is not what is asked here. */
const WARM_UP = 3

/** Measures proxies under load, each alone, in random order in every round. */
export async function measureProxies(context: Context): Promise<ProxyResult> {
  const { rounds, scale, seed, only, cases, ports, env, log } = context
  const seconds = Math.max(1, Math.round(3 * scale))
  const candidates = listCandidates(context).filter(
    ({ name, prefix }) => (!only || only.has(name)) && (!cases || cases.has(prefix.slice(1))),
  )
  const random = createRandom(seed)
  const loads = new Map<string, { throughput: number; cpu: number | undefined; p99: number }[]>()
  for (let round = 1; round <= rounds; round += 1) {
    for (const candidate of shuffle(candidates, random)) {
      const { name, runtime, module, prefix, isCached } = candidate
      const order: ProxyOrder = { upstream: `http://127.0.0.1:${ports.http}`, prefix, key: KEY, isCached }
      const proxy = await startServer<{ port: number }>(
        'measured',
        runtime.command,
        [...runtime.args, program(`proxies/${module}`), JSON.stringify(order)],
        { ...env },
      )
      try {
        const path = isCached ? LIST : `${BALANCE}?account=eip155:1:0x${EACH_ANOTHER}&aggregatedAssetId=ob:usdc`
        const url = `http://127.0.0.1:${proxy.ready.port}${MOUNT}${path}`
        const headers = { authorization: VISITOR, 'x-ob-client': 'bench', accept: 'application/json' }
        await applyLoad(url, { connections: CONNECTIONS, seconds: WARM_UP, headers })
        const before = cpuOf(proxy.pid)
        const { throughput, p99, requests } = await applyLoad(url, { connections: CONNECTIONS, seconds, headers })
        const after = cpuOf(proxy.pid)
        const cpu = before === undefined || after === undefined ? undefined : (after - before) / requests
        const row = `${name}@${prefix.slice(1)}`
        loads.set(row, [...(loads.get(row) ?? []), { throughput, cpu, p99 }])
      } finally {
        await proxy.stop()
      }
    }
    log(`proxies: round ${round} of ${rounds}`)
  }
  const summary = [...loads].map(([row, all]) => {
    const cpus = all.map(({ cpu }) => cpu).filter((cpu) => cpu !== undefined)
    return [
      row,
      {
        throughput: toSpread(all.map(({ throughput }) => throughput)),
        cpu: cpus.length > 0 ? toSpread(cpus) : undefined,
        p99: toSpread(all.map(({ p99 }) => p99)),
      },
    ] as const
  })
  return {
    runtimes: [...new Set(candidates.map(({ runtime }) => runtime.title))],
    loader,
    rounds,
    seconds,
    connections: CONNECTIONS,
    proxies: Object.fromEntries(summary.sort(([a], [b]) => a.localeCompare(b))),
  }
}

function listCandidates({ node }: Context): Candidate[] {
  const sizes = ['/small', '/large'] as const
  const onNode = ['httpxy', 'fastify', 'dispatch', 'ob'].flatMap((name) =>
    sizes.map((prefix) => ({ name, runtime: node, module: name, prefix, isCached: false })),
  )
  const cached = { name: 'ob-cached', runtime: node, module: 'ob', prefix: '/small', isCached: true } as const
  const elsewhere = findOthers().flatMap((runtime) =>
    sizes.flatMap((prefix) => [
      { name: `fetch-${runtime.name}`, runtime, module: 'web-fetch', prefix, isCached: false },
      { name: `ob-${runtime.name}`, runtime, module: 'web-ob', prefix, isCached: false },
    ]),
  )
  return [...onNode, cached, ...elsewhere]
}
