// Measures one client in a process of its own: `node child-client.js '<Order as JSON>'`. Prints a `Report` as JSON.
import type { Case } from './cases.ts'
import type { BenchClient, CreateClient } from './clients/client.ts'
import { answerTo, INPUTS, LIST } from './payloads.ts'
import { quantile } from './statistics.ts'

/** What the process is to do. */
export interface Order {
  readonly module: string
  readonly key: string
  readonly origins: Readonly<Record<Case['scheme'], string>>
  readonly cells: readonly {
    readonly case: Case
    readonly concurrency: number
    readonly count: number
  }[]
}

/** What one measurement gave. */
export interface Cell {
  /** Microseconds of CPU for a request, of the whole process. */
  readonly cpu: number
  /** Requests in a second. */
  readonly throughput: number
  /** Milliseconds within which 99 of 100 requests were answered. */
  readonly p99: number
}

/** By `<case>@<in flight>`. */
export type Report = Readonly<Record<string, Cell>>

/** Requests before the first that is measured, so that the client's code is compiled; each later cell finds it so. */
const WARM_UP = 2_000

const order = JSON.parse(process.argv[2] as string) as Order
const { create } = (await import(`./clients/${order.module}.js`)) as { create: CreateClient }
const collect = (globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } }).gc ?? (() => {})
const report: Record<string, Cell> = {}
for (const { case: one, concurrency, count } of order.cells) {
  const client = create({ origin: order.origins[one.scheme], prefix: one.prefix, key: order.key })
  const send = toSend(client, one)
  await check(send, one)
  const isFirst = one === order.cells[0]?.case && concurrency === order.cells[0]?.concurrency
  await run(send, isFirst ? WARM_UP : Math.max(concurrency, Math.ceil(count / 3)), concurrency, [])
  collect()
  const latencies: number[] = []
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  await run(send, count, concurrency, latencies)
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - startedAt) / 1_000
  latencies.sort((a, b) => a - b)
  report[`${one.name}@${concurrency}`] = {
    cpu: (user + system) / count,
    throughput: count / seconds,
    p99: quantile(latencies, 0.99),
  }
}
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit())

function toSend(client: BenchClient, { post }: Case): () => Promise<unknown> {
  if (post === undefined) return () => client.get()
  const input = INPUTS[post]
  return () => client.post(post, input)
}

/** A client that gives something else than the others is not measured. */
async function check(send: () => Promise<unknown>, { prefix, post }: Case): Promise<void> {
  const expected = JSON.stringify(answerTo(prefix + (post ?? LIST)))
  if (JSON.stringify(await send()) !== expected) throw new Error(`${order.module}: not the answer of the upstream`)
}

async function run(send: () => Promise<unknown>, count: number, concurrency: number, latencies: number[]) {
  let left = count
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const startedAt = performance.now()
      await send()
      latencies.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}
