/** What happened to one request. */
export interface UsageRecord {
  /** The caller's id. */
  readonly caller: string
  /** Method and path template of the endpoint. */
  readonly endpoint: string
  readonly status: number
}

/** Things that are counted beside requests. */
export type UsageCounter = 'upstream_requests' | 'upstream_auth' | 'cache_hits' | 'joined' | 'store_errors'

/** Counts what the proxy does. */
export interface Usage {
  record(request: UsageRecord): void
  count(what: UsageCounter): void
  /** The counts in Prometheus' text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  metrics(): string
}

/** Counts in memory; serve `usage.metrics()` where your monitoring reads it, never to everybody. */
export function createUsage(): Usage {
  const requests = new Map<string, { readonly labels: string; value: number }>()
  const callers = new Set<string>()
  const counters = new Map<UsageCounter, number>(COUNTERS.map(([name]) => [name, 0]))
  return {
    record({ caller, endpoint, status }) {
      // So that callers who come and go do not fill the memory.
      const name = callers.has(caller) || callers.size < MAX_CALLERS ? caller : 'other'
      callers.add(name)
      const key = `${status} ${endpoint}\n${name}`
      const entry = requests.get(key)
      if (entry) entry.value += 1
      else {
        // Made once: escaping costs more than counting.
        const labels = `caller="${escapeLabel(name)}",endpoint="${escapeLabel(endpoint)}",status="${status}"`
        requests.set(key, { labels, value: 1 })
      }
    },
    count(what) {
      counters.set(what, (counters.get(what) ?? 0) + 1)
    },
    metrics() {
      const lines = [
        ...head('requests', 'Requests by caller, endpoint and status of the answer.'),
        ...[...requests.values()].map(({ labels, value }) => `onebalance_proxy_requests_total{${labels}} ${value}`),
      ]
      for (const [name, help] of COUNTERS)
        lines.push(...head(name, help), `onebalance_proxy_${name}_total ${counters.get(name)}`)
      return `${lines.join('\n')}\n`
    },
  }
}

const MAX_CALLERS = 1_000
const COUNTERS: readonly (readonly [UsageCounter, string])[] = [
  ['upstream_requests', 'Requests sent to the API.'],
  ['upstream_auth', 'Answers 401 of the API: the key of this proxy is refused.'],
  ['cache_hits', 'Requests answered from the cache.'],
  ['joined', 'Requests that joined another one, or got its answer again.'],
  ['store_errors', 'Questions that the shared store did not answer.'],
]

function head(name: string, help: string): string[] {
  return [`# HELP onebalance_proxy_${name}_total ${help}`, `# TYPE onebalance_proxy_${name}_total counter`]
}

function escapeLabel(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')
}
