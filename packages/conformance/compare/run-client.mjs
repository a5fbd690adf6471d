// Runs the comparison's cases on one client, in a process of its own, beside a sandbox and fault servers of its own.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { cleanEnvironment, inSession } from '../parent/run-suite.mjs'

/** A program that is not over by then hangs, ms. */
const PROGRAM_TIMEOUT = 16_000

/**
 * What became of each case on a client: `{ id, status: 'passed' | 'failed' | 'none', note? }`.
 *
 * The throw-away authority is trusted by the process, since not every client can be told of one.
 */
export async function runClient(file, certificates, pattern) {
  const folder = mkdtempSync(join(tmpdir(), 'ob-compare-'))
  const authorities = join(folder, 'authorities.pem')
  const start = (program, more, env, stdio) =>
    spawn(process.execPath, ['--expose-gc', '--no-deprecation', join(import.meta.dirname, program), ...more], {
      env: cleanEnvironment({ NODE_EXTRA_CA_CERTS: authorities, ...env }),
      stdio,
    })
  const spawnProgram = async (name, env) => {
    const child = start(`${name}.mjs`, [], env, ['ignore', 'pipe', 'pipe'])
    const timer = setTimeout(() => child.kill('SIGKILL'), PROGRAM_TIMEOUT)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    const code = await new Promise((resolve) => child.on('close', resolve))
    clearTimeout(timer)
    return { code, output }
  }
  try {
    return await inSession({ certificates, spawnProgram }, async ({ setup }) => {
      writeFileSync(authorities, `${setup.ca}\n${setup.sandbox.ca}`)
      const child = start('child.mjs', [file, pattern], { CONFORMANCE_SETUP: JSON.stringify(setup) }, [
        'ignore',
        'pipe',
        'inherit',
      ])
      const results = []
      for await (const line of createInterface({ input: child.stdout }))
        if (line.startsWith('{"id"')) results.push(JSON.parse(line))
      const code = child.exitCode ?? (await new Promise((resolve) => child.on('exit', resolve)))
      if (code !== 0) throw new Error(`${file}: the process ended with ${code}`)
      return results
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
