import type { ClientsResult } from '../parts/clients.ts'
import type { Results } from '../results.ts'

/** A goal beside what was measured. */
export interface Goal {
  readonly what: string
  readonly goal: string
  readonly measured: string
  readonly verdict: 'met' | 'missed' | 'not measured'
}

/** Bytes that 10 000 calls may leave by chance: below 7 for a call, where any kept object takes more. */
const HEAP_NOISE = 65_536

/** Every goal, in the order of the page. */
export function judge(results: Results): Goal[] {
  return [...judgeClients(results.clients), ...judgeRuntimes(results), ...judgeStart(results), ...judgeProxy(results)]
}

function judgeClients(result: ClientsResult | undefined): Goal[] {
  const cpu = (what: string, client: string, cells: readonly string[], limit: number): Goal[] =>
    cells.map((cell) => {
      const value = result?.clients[client]?.[cell]?.cpu[1]
      return atMost(`${what}, ${describeCell(cell)}: CPU to \`fetch\``, value, limit, noiseOf(result, cell))
    })
  const throughput = result?.clients['ob']?.['small@32']?.throughput[1]
  const floor = result?.clients['dispatch']?.['small@32']?.cpu[1]
  const ours = result?.clients['ob']?.['small@32']?.cpu[1]
  return [
    ...cpu('small JSON', 'ob', ['small@1'], 0.65),
    ...cpu('small JSON', 'ob', ['small@32'], 0.45),
    atLeast(
      'small JSON, 32 in flight: throughput to `fetch`',
      throughput,
      2.2,
      noiseOf(result, 'small@32', 'throughput'),
    ),
    atMost(
      'small JSON, 32 in flight: CPU to the dispatch floor (stretch)',
      floor === undefined || ours === undefined ? undefined : ours / floor,
      1.5,
      noiseOf(result, 'small@32'),
    ),
    ...cpu('200 KB JSON, answers not checked', 'ob-unchecked', ['large@1', 'large@32'], 0.85),
    ...cpu('200 KB JSON', 'ob', ['large@1', 'large@32'], 1.1),
    ...cpu('POST', 'ob', ['post@1', 'post@32'], 0.5),
    ...cpu('TLS, small JSON', 'ob', ['tls@1', 'tls@32'], 0.6),
    judgePeers(result),
  ]
}

/** Peers that cost less than ours in a cell, by more than the noise of that cell. */
function judgePeers(result: ClientsResult | undefined): Goal {
  const goal = { what: 'every peer, every case: CPU', goal: 'no less than ours' }
  if (!result) return { ...goal, measured: '', verdict: 'not measured' }
  const cheaper: string[] = []
  let cells = 0
  for (const [name, measured] of Object.entries(result.clients)) {
    if (name.startsWith('ob') || name.startsWith('fetch') || name === 'dispatch') continue
    for (const [cell, { cpu }] of Object.entries(measured)) {
      const ours = result.clients['ob']?.[cell]?.cpu[1]
      if (ours === undefined) continue
      cells += 1
      if (ours > cpu[1] + noiseOf(result, cell))
        cheaper.push(`${name} in ${describeCell(cell, true)} (${cpu[1].toFixed(2)} to our ${ours.toFixed(2)})`)
    }
  }
  return {
    ...goal,
    measured: `${cells - cheaper.length} of ${cells} cells${cheaper.length > 0 ? `; cheaper: ${cheaper.join(', ')}` : ''}`,
    verdict: cheaper.length > 0 ? 'missed' : 'met',
  }
}

function judgeRuntimes({ runtimes = [] }: Results): Goal[] {
  if (runtimes.length === 0)
    return [{ what: 'Deno and Bun: CPU to their own `fetch`', goal: '<= 1.15', measured: '', verdict: 'not measured' }]
  return runtimes.flatMap((result) =>
    Object.entries(result.clients['ob'] ?? {}).map(([cell, { cpu }]) =>
      atMost(
        `${result.runtime}, ${describeCell(cell, true)}: CPU to its own \`fetch\``,
        cpu[1],
        1.15,
        noiseOf(result, cell),
      ),
    ),
  )
}

function judgeStart({ sizes, cold, memory }: Results): Goal[] {
  const kilobytes = (name: string): number | undefined => {
    const bytes = sizes?.[name]?.browser?.gzip
    return bytes === undefined ? undefined : bytes / 1_000
  }
  const kept = memory?.['ob']
  return [
    atMost('`@ob/core` with one endpoint, browser bundle: kB gzip', kilobytes('@ob/core, one endpoint'), 12, 0),
    atMost('`@ob/browser` with every endpoint: kB gzip', kilobytes('@ob/browser, every endpoint'), 17, 0),
    atMost(
      'fresh process to first answer, installed: to `fetch`',
      cold?.installed['ob']?.answer[1],
      1.25,
      iqr(cold?.installed['fetch-again']?.answer),
    ),
    atMost(
      'fresh process to first answer, bundled: to `fetch`',
      cold?.bundled['ob']?.answer[1],
      1.1,
      iqr(cold?.bundled['fetch-again']?.answer),
    ),
    {
      what: 'heap kept after 10 000 calls',
      goal: 'none',
      measured: kept === undefined ? '' : `${(kept / 1_000).toFixed(1)} kB`,
      verdict: kept === undefined ? 'not measured' : kept <= HEAP_NOISE ? 'met' : 'missed',
    },
  ]
}

function judgeProxy({ proxy }: Results): Goal[] {
  const ratio = (measure: 'throughput' | 'cpu' | 'p99', ours: string, theirs: string): number | undefined => {
    const [a, b] = [ours, theirs].map((name) => proxy?.proxies[name]?.[measure]?.[1])
    return a === undefined || b === undefined ? undefined : a / b
  }
  return [
    atLeast(
      'proxy, small JSON: throughput to @fastify/http-proxy',
      ratio('throughput', 'ob@small', 'fastify@small'),
      1.4,
      0,
    ),
    atLeast('proxy, small JSON: throughput to httpxy', ratio('throughput', 'ob@small', 'httpxy@small'), 1.6, 0),
    atMost('proxy, small JSON: p99 to @fastify/http-proxy', ratio('p99', 'ob@small', 'fastify@small'), 1, 0),
    atMost('proxy, small JSON: p99 to httpxy', ratio('p99', 'ob@small', 'httpxy@small'), 1, 0),
    atLeast(
      'proxy, 200 KB: throughput to @fastify/http-proxy',
      ratio('throughput', 'ob@large', 'fastify@large'),
      1,
      0.05,
    ),
    atLeast(
      'proxy, cache hit: throughput to its own uncached',
      ratio('throughput', 'ob-cached@small', 'ob@small'),
      2,
      0,
    ),
    ...['bun', 'deno'].map((runtime) =>
      atMost(
        `proxy on ${runtime === 'bun' ? 'Bun' : 'Deno'}, small JSON: CPU to a bare Web handler on \`fetch\``,
        ratio('cpu', `ob-${runtime}@small`, `fetch-${runtime}@small`),
        1.2,
        0,
      ),
    ),
  ]
}

function atMost(what: string, value: number | undefined, limit: number, slack: number): Goal {
  return toGoal(
    what,
    `<= ${limit}`,
    value,
    slack,
    (number) => number <= limit,
    (number) => number <= limit + slack,
  )
}

function atLeast(what: string, value: number | undefined, limit: number, slack: number): Goal {
  return toGoal(
    what,
    `>= ${limit}`,
    value,
    slack,
    (number) => number >= limit,
    (number) => number >= limit - slack,
  )
}

function toGoal(
  what: string,
  goal: string,
  value: number | undefined,
  slack: number,
  isMet: (value: number) => boolean,
  isWithinNoise: (value: number) => boolean,
): Goal {
  if (value === undefined) return { what, goal, measured: '', verdict: 'not measured' }
  const note = !isMet(value) && isWithinNoise(value) ? ` (within the noise of ${slack.toFixed(2)})` : ''
  return { what, goal, measured: value.toFixed(2) + note, verdict: isWithinNoise(value) ? 'met' : 'missed' }
}

/** The interquartile range of `fetch` measured against itself. */
function noiseOf(result: ClientsResult | undefined, cell: string, measure: 'cpu' | 'throughput' = 'cpu'): number {
  return iqr(result?.clients['fetch-again']?.[cell]?.[measure])
}

function iqr(spread: readonly [number, number, number] | undefined): number {
  return spread ? spread[2] - spread[0] : 0
}

const NAMES: Readonly<Record<string, string>> = {
  small: 'small',
  large: '200 KB',
  post: 'POST',
  quote: 'quote',
  tls: 'TLS',
}

/** `small@32` as words. */
export function describeCell(cell: string, withCase = false): string {
  const [name = '', count] = cell.split('@')
  return `${withCase ? `${NAMES[name] ?? name}, ` : ''}${count} in flight`
}
