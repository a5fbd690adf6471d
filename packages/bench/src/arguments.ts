import { parseArgs } from 'node:util'

/** What can be measured. */
export const PARTS = ['clients', 'runtimes', 'cold', 'memory', 'sizes', 'proxy', 'profile'] as const
export type Part = (typeof PARTS)[number]

/** What is measured when nothing is named. */
const DEFAULT_PARTS: readonly Part[] = ['clients', 'runtimes', 'cold', 'memory', 'sizes']

/** What a run is to do. */
export interface Arguments {
  readonly parts: readonly Part[]
  readonly node: string
  readonly rounds: number
  readonly scale: number
  readonly seed: number
  readonly only: ReadonlySet<string> | undefined
  readonly cases: ReadonlySet<string> | undefined
  readonly inFlight: ReadonlySet<number> | undefined
  readonly isWriting: boolean
  readonly isHelp: boolean
}

export const HELP = `npm run bench -- [part...] [options]

Parts: ${PARTS.join(', ')}. By default: ${DEFAULT_PARTS.join(', ')}.

  --quick            3 rounds and a third of the requests; for orientation
  --rounds <n>       rounds (15)
  --scale <n>        part of the requests of a measurement (1)
  --only <a,b>       these clients or proxies, and fetch
  --case <a,b>       these cases: small, large, post, quote, tls
  --in-flight <a,b>  these numbers of requests in flight: 1, 32, 256
  --node <major>     Node.js 22, 24 or 26 (24)
  --seed <n>         of the random order (1)
  --write            keep the results in docs/performance.json, and write docs/performance.md and its charts

profile: where the time of one client goes, such as: profile --only ob --case small --in-flight 32
A quiet machine gives numbers that mean something; the row fetch-again shows how quiet it was.
`

/** Reads the command line. */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      node: { type: 'string', default: '24' },
      rounds: { type: 'string' },
      scale: { type: 'string' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      case: { type: 'string' },
      'in-flight': { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  for (const name of positionals)
    if (!PARTS.includes(name as Part)) throw new Error(`no part ${name}: ${PARTS.join(', ')}`)
  const list = (text: string | undefined): readonly string[] | undefined => text?.split(',')
  return {
    parts: positionals.length > 0 ? (positionals as Part[]) : DEFAULT_PARTS,
    node: values.node,
    rounds: toNumber('rounds', values.rounds ?? (values.quick ? '3' : '15')),
    scale: toNumber('scale', values.scale ?? (values.quick ? '0.33' : '1')),
    seed: toNumber('seed', values.seed),
    only: toSet(list(values.only)),
    cases: toSet(list(values.case)),
    inFlight: toSet(list(values['in-flight'])?.map((text) => toNumber('in-flight', text))),
    isWriting: values.write,
    isHelp: values.help,
  }
}

function toSet<T>(items: readonly T[] | undefined): ReadonlySet<T> | undefined {
  return items && new Set(items)
}

function toNumber(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name}: a number above 0`)
  return value
}
