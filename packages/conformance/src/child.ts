// Runs the whole suite in this process: Node.js, Deno or Bun. Prints one JSON line for each case.
import * as core from '@ob/core'
import { cases } from './cases/index.ts'
import type { AdapterModule, RuntimeName, Setup } from './context.ts'
import { runCase } from './run-cases.ts'

interface Process {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly argv: readonly string[]
  readonly stdout: { write(text: string): void }
  exit(code: number): never
}
const { process } = globalThis as unknown as { process: Process }
const { env, argv, stdout } = process
const runtime = argv[2] as RuntimeName
const pattern = new RegExp(argv[3] ?? '')
const adapter = (await import(`@ob/${runtime}`)) as AdapterModule
const { inspect } = (await import(`node:${'util'}`)) as { inspect: (value: unknown, options: object) => string }
const setup = JSON.parse(env['CONFORMANCE_SETUP'] ?? '') as Setup

const host = {
  runtime,
  core,
  adapter,
  setup,
  inspect: (value: unknown) =>
    inspect(value, {
      depth: Number.POSITIVE_INFINITY,
      showHidden: true,
      getters: true,
      maxStringLength: null,
      maxArrayLength: null,
    }),
}
for (const one of cases.filter(({ id }) => pattern.test(id)))
  stdout.write(`${JSON.stringify(await runCase(one, host))}\n`)
process.exit(0)
