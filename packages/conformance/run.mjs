// Runs the suite on every runtime of this machine: `node run.mjs [--json] [--only <name>] [--case <pattern>]`.
// One line for each runtime on stdout (with --json one JSON object), what failed on stderr.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkTarballs } from './consumer.mjs'
import { checkBrowserBundles } from './parent/browser-bundles.mjs'
import { createCertificates } from './parent/certificates.mjs'
import { evaluatedIn } from './parent/evaluate-bundles.mjs'
import { checkQuickstarts } from './parent/quickstarts.mjs'
import { findPage } from './parent/run-chromium.mjs'
import { runInProcess } from './parent/run-suite.mjs'
import { findWorkerd, runInWorkerd } from './parent/run-workerd.mjs'
import { findRuntimes } from './parent/runtimes.mjs'
import { scripts } from './parent/scripts.mjs'

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, only: { type: 'string' }, case: { type: 'string', default: '' } },
})
if (!existsSync(join(import.meta.dirname, 'dist/child.js')))
  throw new Error('build first: npx turbo run build --filter=conformance')
const certificates = await createCertificates()
const { cases } = await import('./dist/cases/index.js')
const { pageCases } = await import('./dist/cases/page-deliveries.js')
const [ids, pageIds] = [cases, [...cases, ...pageCases]].map((list) =>
  list.map(({ id }) => id).filter((id) => new RegExp(values.case).test(id)),
)
const { first, count } = scripts
const seeds = ids.some((id) => id.startsWith('F9')) && `fault scripts of the seeds ${first} to ${first + count - 1}`
const runtimes = findRuntimes()
const workerd = findWorkerd()

const jobs = [
  // First, since they take the longest.
  { name: 'packed tarballs', run: () => checkTarballs(runtimes) },
  { name: 'Chromium', find: findPage, ids: pageIds, note: seeds },
  ...runtimes.map((runtime) => ({
    name: runtime.name,
    version: runtime.version,
    ids,
    note: seeds,
    run: () => runInProcess(runtime, certificates, values.case),
  })),
  { name: 'workerd', version: workerd, ids, note: seeds, run: () => runInWorkerd(certificates, ids) },
  { name: 'browser bundles', note: evaluatedIn, run: () => checkBrowserBundles(runtimes) },
  { name: 'quickstarts', run: () => checkQuickstarts(runtimes) },
].filter(({ name }) => new RegExp(`\\b${values.only ?? ''}\\b`, 'i').test(name))

// Two at a time: a machine of CI has two cores.
let hasFailed = false
const queue = [...jobs]
await Promise.all([work(), work()])
process.exitCode = hasFailed ? 1 : 0

async function work() {
  for (let job = queue.shift(); job; job = queue.shift()) {
    if (job.find) Object.assign(job, await job.find())
    const startedAt = Date.now()
    const results = await resultsOf(job)
    for (const { id, status, note } of results)
      if (status === 'failed') process.stderr.write(`${job.name}: ${id}: ${note}\n`)
    report(job, results, Date.now() - startedAt)
  }
}

async function resultsOf({ ids: expected = [], run, missing = 'not on this machine', ...job }) {
  if ('version' in job && !job.version)
    return expected.map((id) => ({ id, status: 'limited', note: `skipped: ${missing}` }))
  const results = await run(certificates, expected).catch((error) => [
    { id: 'the run itself', status: 'failed', note: String(error?.stack ?? error) },
  ])
  const seen = new Set(results.map(({ id }) => id))
  const lost = expected.filter((id) => !seen.has(id))
  return [...results, ...lost.map((id) => ({ id, status: 'failed', note: 'it was never run to its end' }))]
}

function report({ name, version, note }, results, ms) {
  const count = (status) => results.filter((result) => result.status === status).length
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('limited') + count('none')]
  if (failed > 0) hasFailed = true
  const runtime = version ? `${name} (${version})` : name
  const parts = [...(ms > 100 ? [`${(ms / 1_000).toFixed(1)} s`] : []), ...(note ? [note] : []), ...skips(results)]
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ runtime, passed, failed, skipped, note: parts.join('; ') })}\n`
      : `${runtime}: ${passed} passed, ${failed} failed, ${skipped} skipped (${parts.join('; ')})\n`,
  )
}

/** Why cases were skipped: each reason once, with the cases that it stopped, or the number of those that do not apply. */
function skips(results) {
  const reasons = new Map()
  for (const { id, status, note } of results)
    if (status === 'limited' || status === 'none') reasons.set(note, [...(reasons.get(note) ?? []), { id, status }])
  return [...reasons].map(([note, stopped]) => {
    if (stopped[0].status === 'none') return `${stopped.length} not in a page: ${note}`
    return note.startsWith('skipped') ? note : `${stopped.map(({ id }) => id).join(', ')}: ${note}`
  })
}
