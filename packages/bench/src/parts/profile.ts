import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, KEY } from '../bench-context.ts'
import { CASES } from '../cases.ts'
import type { Order, Report } from '../child-client.ts'
import { program, runJson } from '../processes.ts'

/** What of `.cpuprofile` is read: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Where the time of one client goes in one cell: percent of the time that is not idle, by package and by function. */
interface ProfileResult {
  readonly byPackage: readonly (readonly [name: string, percent: number])[]
  readonly byFunction: readonly (readonly [name: string, percent: number])[]
}

/** Where the time of one client goes, as text: `--only`, `--case` and `--in-flight` say which and when. */
export function describeProfile(context: Context): string {
  const [module = 'ob'] = context.only ?? []
  const [caseName = 'small'] = context.cases ?? []
  const [concurrency = 32] = context.inFlight ?? []
  const { byPackage, byFunction } = profile(context, module, caseName, concurrency)
  const toLines = (parts: ProfileResult['byPackage']): string[] =>
    parts.map(([name, percent]) => `${percent.toFixed(1).padStart(5)} % ${name}`)
  return [...toLines(byPackage.slice(0, 12)), '', ...toLines(byFunction.slice(0, 60))].join('\n')
}

/** Profiles a client's whole process, long enough that its start is a small part. */
function profile(context: Context, module: string, caseName: string, concurrency: number): ProfileResult {
  const { node, ports, env, scale } = context
  const one = CASES.find(({ name }) => name === caseName)
  if (!one) throw new Error(`no case ${caseName}`)
  const folder = mkdtempSync(join(tmpdir(), 'ob-profile-'))
  try {
    const origins = { http: `http://127.0.0.1:${ports.http}`, https: `https://127.0.0.1:${ports.https}` }
    const order: Order = {
      module,
      key: KEY,
      origins,
      cells: [{ case: one, concurrency, count: Math.round(60_000 * scale) }],
    }
    const runtime = { ...node, args: [...node.args, '--cpu-prof', `--cpu-prof-dir=${folder}`] }
    runJson<Report>(runtime, program('child-client'), [JSON.stringify(order)], { ...env })
    const [file = ''] = readdirSync(folder)
    return summarize(JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function summarize({ nodes, samples, timeDeltas }: CpuProfile): ProfileResult {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const packages = new Map<string, number>()
  const functions = new Map<string, number>()
  let total = 0
  samples.forEach((id, index) => {
    const frame = frames.get(id)
    const time = timeDeltas[index] ?? 0
    if (!frame || frame.functionName === '(idle)') return
    total += time
    const owner = ownerOf(frame.url, frame.functionName)
    const place = frame.url ? ` ${frame.url.split('/').slice(-2).join('/')}:${frame.lineNumber + 1}` : ''
    const label = `${owner}: ${frame.functionName || '(anonymous)'}${place}`
    packages.set(owner, (packages.get(owner) ?? 0) + time)
    functions.set(label, (functions.get(label) ?? 0) + time)
  })
  const toPercents = (times: Map<string, number>) =>
    [...times].map(([name, time]) => [name, (100 * time) / total] as const).sort(([, a], [, b]) => b - a)
  return { byPackage: toPercents(packages), byFunction: toPercents(functions) }
}

/** Which package a function is of. `Headers` and `Response` of Node.js are of its own copy of undici. */
function ownerOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native'
  if (url.startsWith('node:internal/deps/undici')) return 'Node.js Web API'
  if (url.startsWith('node:')) return 'Node.js'
  const installed = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url)?.[1]
  const own = /packages\/([^/]+)\//.exec(url)?.[1]
  return installed ?? (own ? `@ob/${own}` : 'other')
}
