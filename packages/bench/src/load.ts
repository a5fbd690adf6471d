import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pin } from './processes.ts'

/** What a load of some seconds gave. */
export interface Load {
  /** Answers in a second. */
  readonly throughput: number
  /** Milliseconds within which 99 of 100 were there. */
  readonly p99: number
  readonly requests: number
}

const WRK = '/usr/bin/wrk'
const SCRIPT = fileURLToPath(new URL('../each-another.lua', import.meta.url))
/** What makes the load on this machine. */
export const loader = existsSync(WRK) ? 'wrk' : 'autocannon'

/** Ends the query of a URL whose requests are each to be another: no proxy can then answer two with one. */
export const EACH_ANOTHER = '{n}'

/** Keeps `connections` requests in flight for a time. Fails if any answer was none, or no 2xx. */
export async function applyLoad(
  url: string,
  {
    connections,
    seconds,
    headers,
  }: { connections: number; seconds: number; headers: Readonly<Record<string, string>> },
): Promise<Load> {
  return loader === 'wrk'
    ? withWrk(url, connections, seconds, headers)
    : withAutocannon(url, connections, seconds, headers)
}

async function withWrk(url: string, connections: number, seconds: number, headers: Readonly<Record<string, string>>) {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', SCRIPT, ...given, url]
  const { stdout } = await promisify(execFile)(...pin('other', WRK, args))
  const find = (pattern: RegExp): string => {
    const found = pattern.exec(stdout)?.[1]
    if (found === undefined) throw new Error(`wrk says something else: ${stdout}`)
    return found
  }
  if (/Non-2xx|Socket errors: .*[1-9]/.test(stdout)) throw new Error(`${url}: not every answer was good: ${stdout}`)
  return {
    throughput: Number(find(/Requests\/sec:\s+([\d.]+)/)),
    p99: toMilliseconds(find(/\s99%\s+([\d.]+[a-z]+)/)),
    requests: Number(find(/(\d+) requests in/)),
  }
}

function toMilliseconds(text: string): number {
  const [, value, unit] = /([\d.]+)(us|ms|s|m)/.exec(text) ?? []
  const factor = { us: 0.001, ms: 1, s: 1_000, m: 60_000 }[unit as 'us' | 'ms' | 's' | 'm']
  return Number(value) * factor
}

async function withAutocannon(
  url: string,
  connections: number,
  seconds: number,
  headers: Readonly<Record<string, string>>,
) {
  const { default: autocannon } = await import('autocannon')
  const { origin, pathname, search } = new URL(url)
  const path = pathname + decodeURIComponent(search)
  let count = 0
  const { requests, latency, errors, non2xx } = await autocannon({
    url: origin,
    connections,
    duration: seconds,
    headers: { ...headers },
    requests: [{ setupRequest: (request) => ({ ...request, path: path.replace(EACH_ANOTHER, toHex(count++)) }) }],
  })
  if (errors + non2xx > 0) throw new Error(`${url}: ${errors} errors, ${non2xx} answers that are no 2xx`)
  return { throughput: requests.average, p99: latency.p99, requests: requests.total }
}

function toHex(count: number): string {
  return count.toString(16).padStart(40, '0')
}

/**
 * CPU time that a process and those it started have taken, microseconds; none where the system does not tell (it is read from Linux'
 * /proc).
 */
export function cpuOf(pid: number): number | undefined {
  const path = `/proc/${pid}/stat`
  if (!existsSync(path)) return undefined
  // Fields 14 and 15, counted behind the name, which may hold blanks: proc(5). In ticks of 10 ms.
  const fields = readFileSync(path, 'utf8').split(') ')[1]?.split(' ') ?? []
  const own = (Number(fields[11]) + Number(fields[12])) * 10_000
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + (cpuOf(Number(child)) ?? 0), own)
}
