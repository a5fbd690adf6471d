// Prints a client and an error in every way that a program might, and ends in an unhandled rejection. Run by the parent process.
import type { AdapterModule } from '../context.ts'

interface Process {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly argv: readonly string[]
}
const { env, argv } = (globalThis as unknown as { process: Process }).process
const { createClient } = (await import(`@ob/${argv[2]}`)) as AdapterModule
const ob = createClient({
  baseURL: env['PROGRAM_URL'],
  apiKey: env['PROGRAM_KEY'],
  ca: env['PROGRAM_CA'],
  retry: false,
})
try {
  await ob.assets.list()
} catch (error) {
  for (const value of [ob, error, [ob, { error }]]) {
    console.log(value)
    console.error('%o %O %s %j', value, value, value, value)
    console.dir(value, { depth: null, showHidden: true, getters: true } as never)
  }
  console.trace(error)
}
void ob.assets.list()
