import type { Context } from '../bench-context.ts'
import { KEY } from '../bench-context.ts'
import { CASES, CONCURRENCIES } from '../cases.ts'
import type { Cell, Order, Report } from '../child-client.ts'
import type { Contestant } from '../clients/index.ts'
import { program, runJson } from '../processes.ts'
import type { Runtime } from '../runtimes.ts'
import { createRandom, type Spread, shuffle, toSpread } from '../statistics.ts'

/** One client in one cell, over all rounds. Ratios are to `fetch` of the same round. */
export interface CellSummary {
  /** CPU for a request, ratio: lower is better. */
  readonly cpu: Spread
  /** Requests in a second, ratio: higher is better. */
  readonly throughput: Spread
  /** Ratio. */
  readonly p99: Spread
  /** CPU for a request, microseconds, median. */
  readonly cpuMicroseconds: number
}

/** All clients on one runtime. */
export interface ClientsResult {
  readonly runtime: string
  readonly rounds: number
  readonly scale: number
  readonly seed: number
  /** By client, then by `<case>@<in flight>`. */
  readonly clients: Readonly<Record<string, Readonly<Record<string, CellSummary>>>>
}

/** Measures clients beside each other: a process each, in random order in every round. */
export function measureClients(context: Context, runtime: Runtime, all: readonly Contestant[]): ClientsResult {
  const { rounds, scale, seed, only, cases, inFlight, ports, env, log } = context
  const random = createRandom(seed)
  const contestants = all.filter(({ name, kind }) => !only || kind === 'measure' || only.has(name))
  const cells = CASES.filter(({ name }) => !cases || cases.has(name)).flatMap((one) =>
    CONCURRENCIES.filter((count) => !inFlight || inFlight.has(count)).map((concurrency) => ({
      case: one,
      concurrency,
      count: Math.max(concurrency, Math.round(one.counts[concurrency] * scale)),
    })),
  )
  const reports: Record<string, Report>[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const order = shuffle(cells, random)
    const measured: Record<string, Report> = {}
    for (const { name, module } of shuffle(contestants, random)) {
      const origins = { http: `http://127.0.0.1:${ports.http}`, https: `https://127.0.0.1:${ports.https}` }
      const task: Order = { module, key: KEY, origins, cells: order }
      measured[name] = runJson<Report>(runtime, program('child-client'), [JSON.stringify(task)], { ...env })
    }
    reports.push(measured)
    log(`${runtime.title}: round ${round} of ${rounds}`)
  }
  const summary = contestants.map(({ name }) => [
    name,
    Object.fromEntries(
      cells.map(({ case: one, concurrency }) => {
        const cell = `${one.name}@${concurrency}`
        return [cell, summarize(reports, name, cell)]
      }),
    ),
  ])
  return { runtime: runtime.title, rounds, scale, seed, clients: Object.fromEntries(summary) }
}

function summarize(reports: readonly Record<string, Report>[], client: string, cell: string): CellSummary {
  const ratio = (measure: keyof Cell): Spread =>
    toSpread(reports.map((report) => read(report, client, cell)[measure] / read(report, 'fetch', cell)[measure]))
  return {
    cpu: ratio('cpu'),
    throughput: ratio('throughput'),
    p99: ratio('p99'),
    cpuMicroseconds: toSpread(reports.map((report) => read(report, client, cell).cpu))[1],
  }
}

function read(report: Record<string, Report>, client: string, cell: string): Cell {
  const found = report[client]?.[cell]
  if (!found) throw new Error(`${client} was not measured in ${cell}`)
  return found
}
