// Runs every case on one client in this process: `node child.mjs <client's file> <pattern>`. Prints one JSON line for each case.
import { cases } from './cases/index.mjs'
import { loadClient } from './clients/index.mjs'
import { runNeutralCase } from './context.mjs'

/** Cases at once: most of them wait. */
const LANES = 10

const [, , file, pattern = ''] = process.argv
const client = await loadClient(file)
const setup = { ...JSON.parse(process.env.CONFORMANCE_SETUP), clientFile: file, unhandled: [] }
// Node.js would end the program; here it fails the case that asks for it.
for (const event of ['unhandledRejection', 'uncaughtException'])
  process.on(event, (reason) => setup.unhandled.push(reason))

const chosen = cases.filter(({ id }) => new RegExp(pattern).test(id))
const queue = chosen.filter(({ alone, last }) => !alone && !last)
await Promise.all(Array.from({ length: LANES }, () => runAll(queue)))
await runAll(chosen.filter(({ alone }) => alone))
await runAll(chosen.filter(({ last }) => last))
process.exit(0)

async function runAll(list) {
  for (let one = list.shift(); one; one = list.shift())
    process.stdout.write(`${JSON.stringify(await runNeutralCase(one, client, setup))}\n`)
}
