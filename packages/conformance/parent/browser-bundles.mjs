// An adapter in a bundle for browsers throws as it loads, and names @ob/browser; on servers it is the real module.
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import { build as buildWithEsbuild } from 'esbuild'
import { run, runChecks } from './checks.mjs'

const here = join(import.meta.dirname, '..')
/** Inside the package, so that the bundlers find the workspace's packages as a program there would. */
const folder = join(here, 'dist/.browser-bundles')
/** What every bundle of esbuild has in common; paths in its report begin at the root of the repository. */
const common = { bundle: true, write: false, logLevel: 'silent', absWorkingDir: join(here, '../..') }
const chromium = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
)

/** Where the bundles are evaluated. */
export const evaluatedIn = chromium
  ? 'evaluated in Chromium'
  : 'no Chromium on this machine: evaluated in a context of node:vm'

export async function checkBrowserBundles(runtimes) {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    const bundles = await Promise.all(['node', 'deno', 'bun'].flatMap(bundlesOf))
    const messages = await evaluateAll(bundles.map(({ code }) => code))
    return await runChecks([
      ...bundles.map(({ id }, index) => [
        id,
        () => {
          if (!messages[index]?.includes('@ob/browser'))
            throw new Error(`it did not throw as it should: ${messages[index]}`)
        },
      ]),
      ...['node', 'deno', 'bun'].flatMap((name) => serverChecksOf(name, runtimes)),
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function bundlesOf(name) {
  const specifier = `@ob/${name}`
  const programs = {
    'its client': `import { createClient } from '${specifier}'; createClient({})`,
    'one name of core': `import { isOneBalanceError } from '${specifier}'; globalThis.used = isOneBalanceError`,
    'nothing by name': `import '${specifier}'`,
  }
  return Object.entries({ esbuild: bundleWithEsbuild, Vite: bundleWithVite }).flatMap(([bundler, bundle]) =>
    Object.entries(programs).map(async ([what, program], index) => {
      const entry = join(folder, `${name}-${bundler}-${index}.mjs`)
      await writeFile(entry, program)
      return {
        id: `${specifier} (${what}) in a browser bundle of ${bundler} throws on load`,
        code: await bundle(entry),
      }
    }),
  )
}

function serverChecksOf(name, runtimes) {
  const specifier = `@ob/${name}`
  return [
    [
      `${specifier} has the same names for browsers as for servers`,
      async () => {
        const [server, browser] = await Promise.all(
          ['index', 'browser'].map(async (file) => {
            const { names } = await describeServerBundle(join(here, `../${name}/dist/${file}.js`))
            return names
          }),
        )
        if (server.join() !== browser.join()) throw new Error(`${server} and ${browser}`)
      },
    ],
    [
      `${specifier} for workerd is the real module`,
      async () => {
        const entry = join(folder, `${name}-workerd.mjs`)
        await writeFile(entry, `import { createClient } from '${specifier}'; createClient({})`)
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
      `${specifier} on ${name} is the real module`,
      async () => {
        const runtime = runtimes.find((one) => one.runtime === name && one.version)
        if (!runtime) return `skipped: ${name} is not on this machine`
        const entry = join(folder, `${name}-resolve.mjs`)
        await writeFile(entry, `import { createClient } from '${specifier}'; console.log(typeof createClient)`)
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

/** The files that a server's bundle is made of, and the names it exports. */
async function describeServerBundle(entry, conditions) {
  const { metafile } = await buildWithEsbuild({
    entryPoints: [entry],
    ...common,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*', 'undici'],
    ...(conditions && { conditions }),
  })
  return { files: Object.keys(metafile.inputs), names: Object.values(metafile.outputs)[0].exports.sort() }
}

/** What each script throws as it loads, in Chromium where there is one. */
async function evaluateAll(scripts) {
  if (!chromium) return scripts.map(evaluateInNode)
  const page = join(folder, 'page.html')
  const parts = scripts.map(
    (code, index) =>
      `<script>current = ${index}</script>\n<script>${code.replaceAll('</script', '<\\/script')}</script>`,
  )
  await writeFile(
    page,
    `<!doctype html><meta charset="utf-8"><script>
var messages = [], current
onerror = (message) => { messages[current] = message }
onload = () => { document.body.textContent = btoa(JSON.stringify(messages)) }
</script>${parts.join('\n')}<body></body>`,
  )
  const html = await run(chromium, [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--dump-dom',
    pathToFileURL(page).href,
  ])
  return JSON.parse(atob(/<body>\s*([\w+/=]+)\s*<\/body>/.exec(html)?.[1] ?? btoa('[]')))
}

function evaluateInNode(code) {
  try {
    runInNewContext(code, { URL, Headers, AbortController, TextEncoder, TextDecoder, setTimeout, clearTimeout })
    return undefined
  } catch (error) {
    return error.message
  }
}
