// A list of checks that is counted as one line of the summary.
import { spawn } from 'node:child_process'

/** Runs `[name, check]` in order. Each result is like that of a case; a check that returns a text is limited by it. */
export async function runChecks(checks) {
  const results = []
  for (const [id, check] of checks) {
    const startedAt = Date.now()
    const finish = (status, note) => results.push({ id, status, ms: Date.now() - startedAt, ...(note && { note }) })
    try {
      const note = await check()
      finish(note ? 'limited' : 'passed', note)
    } catch (error) {
      finish('failed', String(error?.stack ?? error))
    }
  }
  return results
}

/** Runs a program to its end. @throws with its output unless it ends with 0 */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let output = ''
  let stdout = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => (output += chunk))
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output.slice(-4_000)}`)
  return stdout
}
