// Runs a program beside a sandbox: `node scripts/with-sandbox.mjs node main.mjs`. The program finds url, certificate and keys in
// ONEBALANCE_SANDBOX (JSON). With ONEBALANCE_API_KEY and ONEBALANCE_BASE_URL set, no sandbox is started and the program talks to
// that service instead.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [program, ...args] = process.argv.slice(2)
const env = { ...process.env }
const isElsewhere = env.ONEBALANCE_API_KEY && env.ONEBALANCE_BASE_URL
let sandbox
if (!isElsewhere) {
  // Resolved from the app that asks, which names the package among its dependencies.
  const entry = createRequire(pathToFileURL(`${process.cwd()}/package.json`)).resolve('@ob/sandbox')
  const { startSandbox } = await import(pathToFileURL(entry).href)
  sandbox = await startSandbox()
  const { url, ca, keys } = sandbox
  env.ONEBALANCE_SANDBOX = JSON.stringify({ url, ca, keys })
}
const child = spawn(program, args, { stdio: 'inherit', env })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
const [code, signal] = await once(child, 'exit')
await sandbox?.close()
process.exitCode = code ?? (signal ? 1 : 0)
