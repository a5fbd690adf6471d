import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Context, KEY } from '../bench-context.ts'
import { bundle } from '../bundle.ts'
import type { ColdReport } from '../child-cold.ts'
import type { Target } from '../clients/client.ts'
import { type Contestant, NODE_CONTESTANTS } from '../clients/index.ts'
import { program, runJson } from '../processes.ts'
import { createRandom, type Spread, shuffle, toSpread } from '../statistics.ts'

/** A fresh process with one call, as ratios to `fetch` of the same round. */
export interface ColdSummary {
  /** From the start of the process to the first answer. */
  readonly answer: Spread
  readonly answerMilliseconds: number
  /** What loading the client takes, milliseconds. */
  readonly loadMilliseconds: number
}

/** By client, as it is installed and as one file. */
export interface ColdResult {
  readonly runtime: string
  readonly rounds: number
  readonly installed: Readonly<Record<string, ColdSummary>>
  readonly bundled: Readonly<Record<string, ColdSummary>>
}

/** Measures how long a fresh process takes to its first answer. */
export async function measureCold(context: Context): Promise<ColdResult> {
  const contestants = NODE_CONTESTANTS.filter(
    ({ name, kind }) => kind === 'measure' || !context.only || context.only.has(name),
  )
  const installed = contestants.map((one) => ({ one, module: program(`clients/${one.module}`) }))
  const bundled = await Promise.all(contestants.map(async (one) => ({ one, module: await writeBundle(one) })))
  return {
    runtime: context.node.title,
    rounds: context.rounds,
    installed: measure(context, installed, 'installed'),
    bundled: measure(context, bundled, 'bundled'),
  }
}

async function writeBundle({ name, module }: Contestant): Promise<string> {
  const path = program(`bundles/${name}`).replace(/js$/, 'mjs')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, await bundle(`export { create } from './dist/clients/${module}.js'`, 'node'))
  return path
}

function measure(
  { node, ports, rounds, seed, log }: Context,
  candidates: readonly { readonly one: Contestant; readonly module: string }[],
  kind: string,
): Record<string, ColdSummary> {
  const random = createRandom(seed)
  const target: Target = { origin: `http://127.0.0.1:${ports.http}`, prefix: '/small', key: KEY }
  const reports: Record<string, ColdReport>[] = []
  for (let round = 0; round < rounds; round += 1) {
    const measured: Record<string, ColdReport> = {}
    for (const { one, module } of shuffle(candidates, random))
      measured[one.name] = runJson<ColdReport>(node, program('child-cold'), [module, JSON.stringify(target)], {})
    reports.push(measured)
  }
  log(`cold start, ${kind}: ${rounds} rounds`)
  const spread = (pick: (report: Record<string, ColdReport>) => number): Spread => toSpread(reports.map(pick))
  return Object.fromEntries(
    candidates.map(({ one: { name } }) => [
      name,
      {
        answer: spread((report) => read(report, name).answer / read(report, 'fetch').answer),
        answerMilliseconds: spread((report) => read(report, name).answer)[1],
        loadMilliseconds: spread((report) => read(report, name).load)[1],
      },
    ]),
  )
}

function read(report: Record<string, ColdReport>, name: string): ColdReport {
  const found = report[name]
  if (!found) throw new Error(`${name} was not measured`)
  return found
}
