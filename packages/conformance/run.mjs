// Runs the suite on every runtime of this machine: `node run.mjs [--json] [--only <runtime>] [--case <pattern>]`.
// One line for each runtime on stdout (with --json one JSON object), what failed on stderr.
import { parseArgs } from 'node:util'
import { createCertificates } from './parent/certificates.mjs'
import { runInProcess } from './parent/run-suite.mjs'
import { findWorkerd, runInWorkerd } from './parent/run-workerd.mjs'
import { findRuntimes } from './parent/runtimes.mjs'

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, only: { type: 'string' }, case: { type: 'string', default: '' } },
})
const certificates = await createCertificates()
const { cases } = await import('./dist/cases/index.js')
const ids = cases.map(({ id }) => id).filter((id) => new RegExp(values.case).test(id))
const workerd = findWorkerd()

const jobs = [
  ...findRuntimes().map((runtime) => ({
    name: runtime.name,
    version: runtime.version,
    run: () => runInProcess(runtime, certificates, values.case),
  })),
  { name: 'workerd', version: workerd, run: () => runInWorkerd(certificates, ids) },
].filter(({ name }) => !values.only || name.toLowerCase().includes(values.only.toLowerCase()))

// Two at a time: a machine of CI has two cores.
let hasFailed = false
const queue = [...jobs]
await Promise.all([work(), work()])
if (!values.only)
  report('Chromium', { passed: 0, failed: 0, skipped: 1, note: 'skipped: needs @ob/proxy, which does not exist yet' })
process.exitCode = hasFailed ? 1 : 0

async function work() {
  for (let job = queue.shift(); job; job = queue.shift()) {
    const { name, version, run } = job
    if (!version) {
      report(name, { passed: 0, failed: 0, skipped: ids.length, note: 'skipped: not on this machine' })
      continue
    }
    const startedAt = Date.now()
    const results = await run().catch((error) => [
      { id: 'the run itself', status: 'failed', note: String(error?.stack), ms: 0 },
    ])
    const count = (status) => results.filter((result) => result.status === status).length
    for (const { id, note, status } of results)
      if (status === 'failed') process.stderr.write(`${name}: ${id}: ${note}\n`)
    if (process.env.SLOW)
      for (const { id, ms } of results.filter((one) => one.ms > 300).sort((a, b) => b.ms - a.ms)) console.error(id, ms)
    const seconds = `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`
    const limited = results.filter(({ status }) => status === 'limited').map(({ id }) => id)
    const note = limited.length > 0 ? `${seconds}; platform limits: ${limited.join(', ')}` : seconds
    const missing = results.some(({ id }) => id === 'the run itself') ? 0 : ids.length - results.length
    report(`${name} (${version})`, {
      passed: count('passed'),
      failed: count('failed') + missing,
      skipped: limited.length,
      note,
    })
  }
}

function report(runtime, { passed, failed, skipped, note }) {
  if (failed > 0) hasFailed = true
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ runtime, passed, failed, skipped, note })}\n`
      : `${runtime}: ${passed} passed, ${failed} failed, ${skipped} skipped (${note})\n`,
  )
}
