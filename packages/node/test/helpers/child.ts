import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a program printed, and how it ended. */
export interface ChildResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The package, so that a program resolves `@ob/node` as one that installed it does. */
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
/** A program that has not ended after so long is killed, and `signal` says so. */
const LIMIT = 20_000

/** Runs a program in a Node.js of its own, against the built package. */
export function runNode(
  source: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  command = process.execPath,
): Promise<ChildResult> {
  const { NODE_OPTIONS: _, VITEST: __, ...clean } = process.env
  const child = spawn(command, [...args, '--input-type=module', '--eval', source], {
    cwd: PACKAGE,
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
