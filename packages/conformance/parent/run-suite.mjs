// Runs the cases on one runtime, beside a sandbox and a control server of its own.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startSandbox } from '@ob/sandbox'
import { scripts } from './scripts.mjs'
import { openSession } from './session.mjs'

const dist = join(import.meta.dirname, '../dist')

/** Results of the cases on a runtime that runs files: Node.js, Deno, Bun. */
export async function runInProcess({ runtime, command, args }, certificates, pattern) {
  const start = (file, more, env, stdio) =>
    spawn(command, [...args, join(dist, file), runtime, ...more], { env: cleanEnvironment(env), stdio })
  const spawnProgram = async (name, env) => {
    const child = start(`programs/${name}.js`, [], env, ['ignore', 'pipe', 'pipe'])
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    const code = await new Promise((resolve) => child.on('close', resolve))
    return { code, output }
  }
  return inSession({ certificates, spawnProgram }, async ({ setup, sandbox }) => {
    const env = {
      CONFORMANCE_SETUP: JSON.stringify(setup),
      ONEBALANCE_API_KEY: sandbox.keys.full,
      ONEBALANCE_BASE_URL: sandbox.url,
    }
    const child = start('child.js', [pattern], env, ['ignore', 'pipe', 'inherit'])
    const results = []
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('{')) results.push(JSON.parse(line))
      else process.stderr.write(`${line}\n`)
    }
    const code = child.exitCode ?? (await new Promise((resolve) => child.on('exit', resolve)))
    if (code !== 0)
      results.push({ id: 'the run itself', status: 'failed', note: `the process ended with ${code}`, ms: 0 })
    return results
  })
}

/** Opens what a run needs and closes it after `run({ setup, sandbox, ask })`. */
export async function inSession({ certificates, spawnProgram }, run) {
  const folder = mkdtempSync(join(tmpdir(), 'ob-conformance-'))
  const sandbox = await startSandbox({ limits: { perMinute: 1_000_000 } })
  const session = await openSession({ sandbox, certificates, spawnProgram })
  try {
    const keyFile = join(folder, `key-${randomBytes(4).toString('hex')}`)
    writeFileSync(keyFile, `${sandbox.keys.full}\n`, { mode: 0o600 })
    const { url, ca, keys } = sandbox
    return await run({
      setup: { controlURL: session.url, ca: certificates.ca, sandbox: { url, ca, keys }, keyFile, scripts },
      sandbox,
      ask: session.ask,
    })
  } finally {
    session.close()
    await sandbox.close()
    rmSync(folder, { recursive: true })
  }
}

/** What the host trusts, and what it sends through a proxy, must not decide what the cases see. */
export function cleanEnvironment(more) {
  const unwanted =
    /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|DENO_.*|NODE_TLS_REJECT_UNAUTHORIZED|NODE_OPTIONS|NODE_DEBUG|DEBUG|.*_proxy|ONEBALANCE_.*)$/i
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !unwanted.test(name)))
  return { ...env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', ...more }
}
