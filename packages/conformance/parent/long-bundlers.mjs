// The bundlers of `npm run test:long`: webpack, Rollup and Next, installed beside the packed packages into a folder that is thrown away,
// so that they weigh on nobody else.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, packAll } from '../consumer.mjs'
import { run } from './checks.mjs'
import { hasBrowser, openPages } from './evaluate-bundles.mjs'
import { cleanEnvironment } from './run-suite.mjs'

const VERSIONS = {
  webpack: '5.112.2',
  rollup: '4.68.8',
  '@rollup/plugin-node-resolve': '16.0.3',
  next: '16.4.6',
  react: '19.3.1',
  'react-dom': '19.3.1',
}

/**
 * Bundles programs with each of them.
 *
 * @param programs `{ name, what, program }`
 * @returns `scripts` (`{ bundler, name, what, code }`) to evaluate, and `pages` (`{ name, reported }`): what a page of Next's client graph
 *   reported as it loaded; none without a browser
 */
export async function bundleWithLongBundlers(programs) {
  const folder = await mkdtemp(join(tmpdir(), 'ob-bundlers-'))
  try {
    const names = [...new Set(programs.map(({ name }) => name))]
    const consumer = await install(
      folder,
      'bundlers',
      names,
      await packAll(folder, [...new Set(['core', 'node', ...names])]),
      VERSIONS,
    )
    return {
      scripts: await bundleScripts(consumer, programs),
      pages: hasBrowser ? await buildSite(consumer, programs) : [],
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function bundleScripts(consumer, programs) {
  const entries = await Promise.all(
    programs.map(async ({ program }, index) => {
      const entry = join(consumer, `entry-${index}.mjs`)
      await writeFile(entry, program)
      return entry
    }),
  )
  await writeFile(join(consumer, 'bundle.mjs'), BUNDLE)
  await run(process.execPath, ['bundle.mjs', ...entries], { cwd: consumer, env: cleanEnvironment() })
  return Promise.all(
    ['webpack', 'Rollup'].flatMap((bundler) =>
      programs.map(async ({ name, what }, index) => ({
        bundler,
        name,
        what,
        code: await readFile(join(consumer, 'bundles', `${bundler}-${index}.js`), 'utf8'),
      })),
    ),
  )
}

/** One page for each program, its component for the client. Next renders it on the server first, where it gets the real module. */
async function buildSite(consumer, programs) {
  const write = async (path, text) => {
    await mkdir(join(consumer, path, '..'), { recursive: true })
    await writeFile(join(consumer, path), text)
  }
  await write('next.config.mjs', `export default { output: 'export', trailingSlash: true }`)
  await write(
    'app/layout.js',
    'export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html> }',
  )
  await write('app/page.js', 'export default function Page() { return <p>a page that imports nothing</p> }')
  await Promise.all(
    programs.map(async ({ program }, index) => {
      await write(
        `app/${index}/page.js`,
        `import Part from './part.js'\nexport default function Page() { return <Part /> }`,
      )
      await write(
        `app/${index}/part.js`,
        `'use client'\n${program}\nexport default function Part() { return <p>part</p> }`,
      )
    }),
  )
  await run(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
    cwd: consumer,
    env: cleanEnvironment({ NEXT_TELEMETRY_DISABLED: '1', ONEBALANCE_API_KEY: 'a-key-of-good-length-0123456789' }),
  })
  const [empty, ...reports] = await openPages(join(consumer, 'out'), ['/', ...programs.map((_, index) => `/${index}/`)])
  if (empty.length > 0) throw new Error(`a page that imports nothing reports ${empty}`)
  return programs.map(({ name, what }, index) => ({ name, what, reported: reports[index].join('\n') }))
}

const BUNDLE = `import { nodeResolve } from '@rollup/plugin-node-resolve'
import { rollup } from 'rollup'
import webpack from 'webpack'
for (const [index, entry] of process.argv.slice(2).entries()) {
  const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })] })
  await bundle.write({ file: \`bundles/Rollup-\${index}.js\`, format: 'iife', name: 'bundle' })
  await new Promise((resolve, reject) =>
    webpack(
      {
        mode: 'production',
        target: 'web',
        entry,
        output: { path: \`\${process.cwd()}/bundles\`, filename: \`webpack-\${index}.js\` },
      },
      (error, stats) => (error || stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve()),
    ),
  )
}
`
