import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeCertificate } from './certificate.ts'
import { program, startServer } from './processes.ts'
import type { Runtime } from './runtimes.ts'

/** What every part of a run needs. */
export interface Context {
  readonly node: Runtime
  readonly rounds: number
  /** Of the number of requests, 1 for all. */
  readonly scale: number
  readonly seed: number
  readonly only: ReadonlySet<string> | undefined
  readonly cases: ReadonlySet<string> | undefined
  readonly inFlight: ReadonlySet<number> | undefined
  readonly ports: { readonly http: number; readonly https: number }
  /** Makes every runtime trust the upstream. */
  readonly env: Readonly<Record<string, string>>
  log(line: string): void
}

/** A key of the right form that opens nothing. */
export const KEY = 'bench-key-0123456789abcdef'

/** Starts the upstream, and takes all down when the work is done. */
export async function withContext(
  options: Omit<Context, 'ports' | 'env' | 'log'>,
  work: (context: Context) => Promise<void>,
): Promise<void> {
  const folder = await writeCertificate()
  const { command } = options.node
  const upstream = await startServer<Context['ports']>('other', command, [program('upstream'), folder])
  const ca = join(folder, 'ca.pem')
  try {
    await work({
      ...options,
      ports: upstream.ready,
      env: { NODE_EXTRA_CA_CERTS: ca, DENO_CERT: ca },
      log: (line) => void process.stderr.write(`${line}\n`),
    })
  } finally {
    await upstream.stop()
    rmSync(folder, { recursive: true })
  }
}
