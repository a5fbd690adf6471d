// The quickstarts are one program: they differ in one line, and each ends well.
import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { run, runChecks } from './checks.mjs'
import { cleanEnvironment } from './run-suite.mjs'

const root = join(import.meta.dirname, '../../..')
const commands = { node: ['node', 'main.mjs'], deno: ['deno', 'run', '-A', 'main.mjs'], bun: ['bun', 'main.mjs'] }

export async function checkQuickstarts(runtimes) {
  const source = async (name) => (await readFile(join(root, `apps/quickstart-${name}/main.mjs`), 'utf8')).split('\n')
  const node = await source('node')
  return runChecks([
    ...['deno', 'bun'].map((name) => [
      `quickstart-${name} differs from quickstart-node in its import alone`,
      async () => {
        const lines = await source(name)
        const different = node.flatMap((line, index) => (line === lines[index] ? [] : [[line, lines[index]]]))
        const isImport =
          different.length === 1 && different[0][0].replace('@ob/node', `@ob/${name}`) === different[0][1]
        if (lines.length !== node.length || !isImport) throw new Error(`they differ in ${JSON.stringify(different)}`)
      },
    ]),
    ...Object.entries(commands).map(([name, command]) => [
      `quickstart-${name} ends with 0`,
      async () => {
        const runtime = runtimes.find((one) => one.runtime === name && one.version)
        if (!runtime) return `skipped: ${name} is not on this machine`
        const bin = join(import.meta.dirname, '../node_modules/.bin')
        const PATH = name === 'node' ? process.env.PATH : `${bin}${delimiter}${process.env.PATH}`
        await run(process.execPath, ['../../scripts/with-sandbox.mjs', ...command], {
          cwd: join(root, `apps/quickstart-${name}`),
          env: cleanEnvironment({ PATH }),
        })
      },
    ]),
  ])
}
