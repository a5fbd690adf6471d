// Runs one set of cases on this client and on others, and writes what came of it: `node compare.mjs [--only <client>] [--case <pattern>]`.
// With a filter it prints the cases that failed, and writes nothing.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cases } from './compare/cases/index.mjs'
import { CLIENTS, loadClient } from './compare/clients/index.mjs'
import { writePages } from './compare/pages.mjs'
import { runClient } from './compare/run-client.mjs'
import { createCertificates } from './parent/certificates.mjs'

const { values } = parseArgs({ options: { only: { type: 'string' }, case: { type: 'string', default: '' } } })
if (!existsSync(join(import.meta.dirname, 'dist/control.js')))
  throw new Error('build first: npx turbo run build --filter=conformance')
const certificates = await createCertificates()
const expected = cases.filter(({ id }) => new RegExp(values.case).test(id))
const isFiltered = Boolean(values.only || values.case)

const columns = []
for (const file of CLIENTS.filter((name) => !values.only || name === values.only)) {
  const client = await loadClient(file)
  const results = await runClient(file, certificates, values.case)
  const lost = expected.filter(({ id }) => !results.some((result) => result.id === id))
  if (lost.length > 0) throw new Error(`${file}: never run: ${lost.map(({ id }) => id)}`)
  const count = (status) => results.filter((result) => result.status === status).length
  console.log(
    `${client.name}: ${count('passed')} of ${count('passed') + count('failed')} (${count('none')} do not apply)`,
  )
  if (isFiltered || file === 'onebalance')
    for (const { id, status, note } of results) if (status === 'failed') console.log(`  ${id}: ${note}`)
  columns.push({ client, results: new Map(results.map((result) => [result.id, result])) })
}
if (!isFiltered) await writePages(columns)
