import { CONCURRENCIES } from '../cases.ts'
import type { ClientsResult } from '../parts/clients.ts'
import type { Results } from '../results.ts'
import type { Spread } from '../statistics.ts'
import { describeCell, judge } from './goals.ts'

/** The generated part of `docs/performance.md`. */
export function renderResults(results: Results): string {
  return [
    renderMachine(results),
    renderGoals(results),
    renderClients(results.clients),
    ...(results.runtimes ?? []).map((result) => renderTable(`### ${result.runtime}`, result)),
    renderCold(results),
    renderMemory(results),
    renderSizes(results),
    renderProxy(results),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function renderMachine({ machine }: Results): string {
  if (!machine) return 'Nothing has been measured yet.'
  const { cpu, cores, memoryGiB, system, isPinned, date, versions } = machine
  const pinned = isPinned ? 'what is measured on one core, all else on another' : 'processes not bound to cores'
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `Measured on ${date}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; ${pinned}.\n\n${list.join(', ')}.`
}

function renderGoals(results: Results): string {
  if (!results.machine) return ''
  const goals = judge(results)
  const count = (verdict: string): number => goals.filter((goal) => goal.verdict === verdict).length
  return `## Goals

${count('met')} met, ${count('missed')} missed, ${count('not measured')} not measured. A goal counts as met, too, where it is missed by less than the interquartile range of \`fetch\` measured against itself.

${table(
  ['What', 'Goal', 'Measured', ''],
  goals.map(({ what, goal, measured, verdict }) => [
    what,
    goal,
    measured,
    verdict === 'missed' ? '**missed**' : verdict,
  ]),
)}`
}

function renderClients(result: ClientsResult | undefined): string {
  if (!result) return ''
  return `## Clients

CPU for a request as a ratio to \`fetch\` of the same round: median, with the quartiles; lower is better. Then throughput, higher is better, and the time within which 99 of 100 requests were answered, lower is better. \`fetch-again\` is \`fetch\` against itself: what it differs from 1 is noise. \`dispatch\` is the floor: undici's dispatcher by hand, with no check of anything. \`ob\` is the complete SDK, \`ob-unchecked\` the same with \`validate: false\`, \`ob-caller\` its tree-shakable form.

![CPU of each client for small JSON, 32 in flight](performance/cpu-small-32.svg)

![Throughput of each client for small JSON, 32 in flight](performance/throughput-small-32.svg)

![CPU of each client for 200 KB JSON, 1 in flight](performance/cpu-large-1.svg)

${renderTable(`### ${result.runtime}`, result)}`
}

function renderTable(title: string, { rounds, scale, seed, clients }: ClientsResult): string {
  const names = Object.keys(clients)
  const cells = Object.keys(Object.values(clients)[0] ?? {})
  const cases = [...new Set(cells.map((cell) => cell.split('@')[0] as string))]
  const tables = cases.map((name) => {
    const present = CONCURRENCIES.map((count) => `${name}@${count}`).filter((cell) => cells.includes(cell))
    const rows = names.map((client) => [
      client,
      ...present.map((cell) => {
        const summary = clients[client]?.[cell]
        return summary
          ? `${formatSpread(summary.cpu)}; ${summary.throughput[1].toFixed(2)}x; ${summary.p99[1].toFixed(2)}`
          : ''
      }),
    ])
    return table(
      [describeCell(present[0] ?? '', true).split(',')[0] ?? '', ...present.map((cell) => describeCell(cell))],
      rows,
    )
  })
  const size = scale === 1 ? '' : `, ${Math.round(scale * 100)} % of the requests`
  return [title, `${rounds} rounds, seed ${seed}${size}. Each cell: CPU (quartiles); throughput; p99.`, ...tables].join(
    '\n\n',
  )
}

function renderCold({ cold }: Results): string {
  if (!cold) return ''
  const rows = Object.entries(cold.installed).map(([name, installed]) => {
    const bundled = cold.bundled[name]
    return [
      name,
      formatSpread(installed.answer),
      `${installed.answerMilliseconds.toFixed(0)} ms`,
      `${installed.loadMilliseconds.toFixed(0)} ms`,
      bundled ? formatSpread(bundled.answer) : '',
      bundled ? `${bundled.loadMilliseconds.toFixed(0)} ms` : '',
    ]
  })
  return `## Cold start

From the start of a process to its first answer, as a ratio to \`fetch\` of the same round, and what loading the client takes of it. Installed: as npm lays it out. Bundled: one minified file. ${cold.runtime}, ${cold.rounds} rounds.

![Cold start of each client](performance/cold.svg)

${table(['', 'Installed', 'first answer', 'load', 'Bundled', 'load'], rows)}`
}

function renderMemory({ memory }: Results): string {
  if (!memory) return ''
  return `## Memory

Heap that 10 000 calls with small JSON, 32 in flight, leave behind after garbage collection; the median of three such blocks.

${table(
  ['', 'kept'],
  Object.entries(memory).map(([name, bytes]) => [name, `${(bytes / 1_000).toFixed(1)} kB`]),
)}`
}

function renderSizes({ sizes }: Results): string {
  if (!sizes) return ''
  const kilobytes = (bytes: number | undefined): string => (bytes === undefined ? '-' : (bytes / 1_000).toFixed(1))
  const rows = Object.entries(sizes).map(([name, { browser, node }]) => [
    name,
    kilobytes(browser?.minified),
    kilobytes(browser?.gzip),
    kilobytes(node?.minified),
    kilobytes(node?.gzip),
  ])
  return `## Bundle size

One minified file with all that one call needs, kB. A dash: it is not made for that platform.

![Bundle size of each client, browser, gzip](performance/sizes.svg)

${table(['', 'browser', 'gzip', 'Node.js', 'gzip'], rows)}`
}

function renderProxy({ proxy }: Results): string {
  if (!proxy) return ''
  const rows = Object.entries(proxy.proxies).map(([name, { throughput, cpu, p99 }]) => [
    name.replace('@small', ', small').replace('@large', ', 200 KB'),
    `${throughput[1].toFixed(0)} (${throughput[0].toFixed(0)}-${throughput[2].toFixed(0)})`,
    cpu ? `${cpu[1].toFixed(0)}` : '-',
    p99[1].toFixed(1),
  ])
  return `## Proxies

${proxy.connections} requests in flight, ${proxy.rounds} rounds of ${proxy.seconds} s, load by ${proxy.loader}, on ${proxy.runtimes.join(', ')}. \`ob\` has authentication, limits and every check on; \`ob-cached\` answers from its cache. \`dispatch\` is node:http to undici's dispatcher with no check of anything; \`fetch-deno\` and \`fetch-bun\` are a Web handler on \`fetch\` with none. The load and the upstream share a core, which limits the fastest rows.

![Throughput of each proxy, small JSON](performance/proxy-small.svg)

${table(['', 'answers a second', 'CPU, µs', 'p99, ms'], rows)}`
}

function formatSpread([low, median, high]: Spread): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = head.map((_, index) => (index === 0 ? '---' : '--:'))
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
