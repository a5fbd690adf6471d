// An adapter in a bundle for browsers throws as it loads, and names @ob/browser; on servers it is the real module.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build as buildWithEsbuild } from 'esbuild'
import { run, runChecks } from './checks.mjs'
import { evaluateScripts, hasBrowser } from './evaluate-bundles.mjs'
import { bundleWithLongBundlers } from './long-bundlers.mjs'

const here = join(import.meta.dirname, '..')
/** Inside the package, so that the bundlers find the workspace's packages as a program there would. */
const folder = join(here, 'dist/.browser-bundles')
/** What every bundle of esbuild has in common; paths in its report begin at the root of the repository. */
const common = { bundle: true, write: false, logLevel: 'silent', absWorkingDir: join(here, '../..') }

/** What must not run in a page, each with a name of its own that a program imports. */
const REFUSED = { node: 'createClient', deno: 'createClient', bun: 'createClient', proxy: 'createProxy' }

/** With OB_LONG also webpack, Rollup and the client graph of Next. */
export async function checkBrowserBundles(runtimes) {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    const names = Object.keys(REFUSED)
    const programs = (await Promise.all(names.map(programsOf))).flat()
    const long = process.env.OB_LONG ? await bundleWithLongBundlers(programs) : { scripts: [], pages: [] }
    const bundles = [...(await bundleAll(programs)), ...long.scripts]
    const messages = await evaluateScripts(bundles.map(({ code }) => code))
    return await runChecks([
      ...bundles.map(({ bundler, name, what }, index) => [
        `@ob/${name} (${what}) in a browser bundle of ${bundler} throws on load`,
        () => mustNameBrowser(messages[index]),
      ]),
      ...long.pages.map(({ name, what, reported }) => [
        `@ob/${name} (${what}) in a client component of Next throws on load`,
        () => mustNameBrowser(reported),
      ]),
      ...(process.env.OB_LONG && !hasBrowser
        ? [['the client graph of Next', () => 'skipped: no Chromium on this machine']]
        : []),
      ...names.flatMap((name) => serverChecksOf(name, runtimes)),
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function mustNameBrowser(message) {
  if (!message?.includes('@ob/browser')) throw new Error(`it did not throw as it should: ${message}`)
}

/** Ways to import a package: its own part, what it passes on from core (which a bundler may take from there), and nothing by name. */
async function programsOf(name) {
  const specifier = `@ob/${name}`
  const main = REFUSED[name]
  const { names } = await describeServerBundle(distFile(name, 'browser'))
  return Object.entries({
    'its own part': `import { ${main} } from '${specifier}'; globalThis.used = ${main}`,
    ...(names.includes('isOneBalanceError') && {
      'one name of core': `import { isOneBalanceError } from '${specifier}'; globalThis.used = isOneBalanceError`,
    }),
    ...Object.fromEntries(
      (await entriesOf(name)).map(({ path }) => [`nothing by name${path}`, `import '${specifier}${path}'`]),
    ),
  }).map(([what, program]) => ({ name, what, program }))
}

function bundleAll(programs) {
  return Promise.all(
    Object.entries({ esbuild: bundleWithEsbuild, Vite: bundleWithVite }).flatMap(([bundler, bundle]) =>
      programs.map(async ({ name, what, program }, index) => {
        const entry = join(folder, `${bundler}-${index}.mjs`)
        await writeFile(entry, program)
        return { bundler, name, what, code: await bundle(entry) }
      }),
    ),
  )
}

function serverChecksOf(name, runtimes) {
  const specifier = `@ob/${name}`
  const main = REFUSED[name]
  // A package that is named after no runtime is for all of them; Node.js stands for them.
  const home = runtimes.some(({ runtime }) => runtime === name) ? name : 'node'
  return [
    [
      `${specifier} has the same names for browsers as for servers`,
      async () => {
        const entries = await entriesOf(name)
        const parts = await Promise.all(entries.map(async ({ file }) => (await describeServerBundle(file)).names))
        const server = [...new Set(parts.flat())].sort()
        const { names: browser } = await describeServerBundle(distFile(name, 'browser'))
        if (server.join() !== browser.join()) throw new Error(`${server} and ${browser}`)
      },
    ],
    [
      `${specifier} for workerd is the real module`,
      async () => {
        const entry = join(folder, `${name}-workerd.mjs`)
        await writeFile(entry, `import { ${main} } from '${specifier}'; globalThis.used = ${main}`)
        for (const conditions of [
          ['workerd', 'worker', 'browser'],
          ['worker', 'browser'],
          ['edge-light', 'browser'],
        ]) {
          const { files } = await describeServerBundle(entry, conditions)
          const isReal =
            files.includes(`packages/${name}/dist/index.js`) && !files.includes(`packages/${name}/dist/browser.js`)
          if (!isReal) throw new Error(`${conditions}: ${files}`)
        }
      },
    ],
    [
      `${specifier} on ${home} is the real module`,
      async () => {
        const runtime = runtimes.find((one) => one.runtime === home && one.version)
        if (!runtime) return `skipped: ${home} is not on this machine`
        const entry = join(folder, `${name}-resolve.mjs`)
        await writeFile(entry, `import { ${main} } from '${specifier}'; console.log(typeof ${main})`)
        const output = await run(runtime.command, [...runtime.args, entry])
        if (output.trim() !== 'function') throw new Error(output)
      },
    ],
  ]
}

async function bundleWithEsbuild(entry) {
  const { outputFiles } = await buildWithEsbuild({
    entryPoints: [entry],
    ...common,
    format: 'iife',
    platform: 'browser',
  })
  return outputFiles[0].text
}

async function bundleWithVite(entry) {
  const { build } = await import('vite')
  const output = await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, rollupOptions: { input: entry, output: { format: 'iife' } } },
  })
  return [output].flat()[0].output[0].code
}

function distFile(name, file) {
  return join(here, `../${name}/dist/${file}.js`)
}

/** The entries of a package that browsers do not get: `path` behind its name, and the `file` for servers. */
async function entriesOf(name) {
  const manifest = JSON.parse(await readFile(join(here, `../${name}/package.json`), 'utf8'))
  return Object.entries(manifest.exports)
    .filter(([, target]) => target.browser)
    .map(([path, target]) => ({ path: path.slice(1), file: join(here, `../${name}`, target.default) }))
}

/** The files that a server's bundle is made of, and the names it exports. */
async function describeServerBundle(entry, conditions) {
  const { metafile } = await buildWithEsbuild({
    entryPoints: [entry],
    ...common,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*', 'undici', 'ipaddr.js', 'lru-cache', 'rate-limiter-flexible'],
    ...(conditions && { conditions }),
  })
  return { files: Object.keys(metafile.inputs), names: Object.values(metafile.outputs)[0].exports.sort() }
}
