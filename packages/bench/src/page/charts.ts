import type { Results } from '../results.ts'
import { type Bar, barChart } from './chart.ts'

const kindOf = (name: string): Bar['kind'] =>
  /^(@?ob\b)/.test(name) ? 'ours' : /^(dispatch|fetch)/.test(name) ? 'floor' : 'peer'

/** Every chart of the page, by file name. A part that was not measured has none. */
export function renderCharts({ clients, cold, sizes, proxy }: Results): Readonly<Record<string, string>> {
  const charts: Record<string, string> = {}
  if (clients) {
    const bars = (cell: string, measure: 'cpu' | 'throughput'): Bar[] =>
      Object.entries(clients.clients)
        .flatMap(([label, cells]) => {
          const spread = cells[cell]?.[measure]
          return spread
            ? [{ label, value: spread[1], spread: [spread[0], spread[2]] as const, kind: kindOf(label) }]
            : []
        })
        .sort((a, b) => (measure === 'cpu' ? a.value - b.value : b.value - a.value))
    const line = { value: 1, label: 'fetch' }
    charts['cpu-small-32.svg'] = barChart({
      title: 'CPU for a request, ratio to fetch: small JSON, 32 in flight',
      bars: bars('small@32', 'cpu'),
      digits: 2,
      line,
    })
    charts['throughput-small-32.svg'] = barChart({
      title: 'Throughput, ratio to fetch: small JSON, 32 in flight',
      bars: bars('small@32', 'throughput'),
      digits: 2,
      line,
    })
    charts['cpu-large-1.svg'] = barChart({
      title: 'CPU for a request, ratio to fetch: 200 KB JSON, 1 in flight',
      bars: bars('large@1', 'cpu'),
      digits: 2,
      line,
      max: 2,
    })
  }
  if (cold) {
    charts['cold.svg'] = barChart({
      title: 'Fresh process to first answer, ratio to fetch: installed',
      bars: Object.entries(cold.installed)
        .map(
          ([label, { answer }]): Bar => ({
            label,
            value: answer[1],
            spread: [answer[0], answer[2]],
            kind: kindOf(label),
          }),
        )
        .sort((a, b) => a.value - b.value),
      digits: 2,
      line: { value: 1, label: 'fetch' },
    })
  }
  if (sizes) {
    charts['sizes.svg'] = barChart({
      title: 'Bundle for browsers, kB gzip',
      bars: Object.entries(sizes)
        .flatMap(([label, { browser }]) =>
          browser ? [{ label: label.replace(/^@ob\//, 'ob/'), value: browser.gzip / 1_000, kind: kindOf(label) }] : [],
        )
        .sort((a, b) => a.value - b.value),
      digits: 1,
    })
  }
  if (proxy) {
    charts['proxy-small.svg'] = barChart({
      title: 'Proxies: answers in a second, small JSON, 64 in flight',
      bars: Object.entries(proxy.proxies)
        .filter(([name]) => name.endsWith('@small'))
        .map(([name, { throughput }]): Bar => {
          const label = name.replace('@small', '')
          return { label, value: throughput[1], spread: [throughput[0], throughput[2]], kind: kindOf(label) }
        })
        .sort((a, b) => b.value - a.value),
      digits: 0,
    })
  }
  return charts
}
