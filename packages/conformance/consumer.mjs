// Installs the packages as a user gets them, packed, into empty folders: one call on each runtime, and the types under each compiler.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PUBLIC_TESTING_KEY } from '@ob/core'
import { run, runChecks } from './parent/checks.mjs'
import { cleanEnvironment } from './parent/run-suite.mjs'
import { findWorkerd, startWorker } from './parent/run-workerd.mjs'

const root = join(import.meta.dirname, '../..')
const pnpm = join(root, 'node_modules/.bin/pnpm')
const PACKAGES = ['core', 'node', 'deno', 'bun', 'sandbox']
/** The oldest that is supported, the one in use and the newest; with OB_LONG what lies between as well. */
const COMPILERS = ['typescript-5.6', 'typescript', 'typescript-7', ...(process.env.OB_LONG ? ['typescript-6'] : [])]
const ADAPTERS = ['node', 'deno', 'bun']

export async function checkTarballs(runtimes) {
  const folder = await mkdtemp(join(tmpdir(), 'ob-consumer-'))
  let sandbox
  try {
    const tarballs = await packAll(folder)
    const consumers = Object.fromEntries(
      await Promise.all(ADAPTERS.map(async (name) => [name, await install(folder, name, [name, 'sandbox'], tarballs)])),
    )
    const typed = await install(folder, 'typed', ADAPTERS, tarballs)
    for (const name of ADAPTERS) {
      await writeFile(join(consumers[name], 'main.mjs'), programOf(name))
      await writeFile(join(typed, `${name}.ts`), typedProgramOf(name))
    }
    const worker = await install(folder, 'workerd', ['core'], tarballs)
    sandbox = await startPackedSandbox(consumers.node)
    return await runChecks([
      ...PACKAGES.map((name) => [
        `@ob/${name}: ESM and its declarations, no tests, no keys`,
        () => checkContents(tarballs[name]),
      ]),
      ...runtimes.map((runtime) => [
        `one call on ${runtime.name}`,
        () => call(runtime, consumers[runtime.runtime], sandbox),
      ]),
      ['one call on workerd', () => callInWorkerd(worker, sandbox)],
      ...COMPILERS.flatMap((compiler) =>
        ['nodenext', 'bundler'].map((resolution) => [
          `types with ${compiler} and moduleResolution ${resolution}`,
          () => checkTypes(typed, compiler, resolution),
        ]),
      ),
    ])
  } finally {
    sandbox?.child.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Packs packages into a folder. @returns the tarball of each, by its name without the scope */
export async function packAll(folder, names = PACKAGES) {
  const tarballs = {}
  for (const name of names) {
    const output = await run(pnpm, ['pack', '--json', '--pack-destination', folder], {
      cwd: join(root, 'packages', name),
    })
    tarballs[name] = join(folder, JSON.parse(output).filename.split('/').pop())
  }
  return tarballs
}

/** An empty folder with these packages in it, and `more` from the registry. */
export async function install(folder, name, packages, tarballs, more = {}) {
  const consumer = join(folder, name)
  await mkdir(consumer)
  const own = Object.fromEntries(packages.map((one) => [`@ob/${one}`, `file:${tarballs[one]}`]))
  const dependencies = { ...own, ...more }
  await writeFile(
    join(consumer, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies }),
  )
  // Not published yet, so what they depend on comes from its tarball as well.
  const overrides = Object.entries(tarballs).map(([one, tarball]) => `  '@ob/${one}': 'file:${tarball}'\n`)
  await writeFile(join(consumer, 'pnpm-workspace.yaml'), `overrides:\n${overrides.join('')}pmOnFail: ignore\n`)
  await run(pnpm, ['install', '--prefer-offline', '--ignore-scripts'], { cwd: consumer, env: cleanEnvironment() })
  return consumer
}

function programOf(name) {
  return `import { createClient } from '@ob/${name}'
import { listAssets } from '@ob/${name}/onebalance'
const { url, ca, keys } = JSON.parse(process.env.SANDBOX)
const ob = createClient({ baseURL: url, ca, apiKey: keys.full })
const assets = await ob.assets.list()
await ob.close()
console.log(assets.length > 0 && listAssets.method === 'GET' ? 'ok' : 'no assets')
`
}

function typedProgramOf(name) {
  return `import { createCaller, createClient, isOneBalanceError, type AggregatedAsset, type Quote } from '@ob/${name}'
import { listAssets } from '@ob/${name}/onebalance'

const ob = createClient({ apiKey: async () => 'x', ca: 'PEM', timeout: 1_000, retry: { maxRetries: 1 } })
export async function main(quote: Quote): Promise<string> {
  const assets: AggregatedAsset[] = await ob.assets.list()
  const same: AggregatedAsset[] = await createCaller()(listAssets)
  const { data, response } = await ob.balances.aggregated({ account: 'eip155:1:0x', aggregatedAssetId: 'ob:usdc' }).withResponse()
  const balance: string | undefined = data.balanceByAggregatedAsset[0]?.balance
  for await (const transaction of ob.transactions.list({ user: '0x' })) console.log(transaction.status)
  try {
    await ob.quotes.executeAndWait(quote, { onStatus: (status) => console.log(status) })
  } catch (error) {
    if (isOneBalanceError(error) && error.code === 'rate_limited') return String(error.retryAfter)
  }
  // @ts-expect-error an amount is a string
  await ob.quotes.create({ from: { accounts: [], asset: { assetId: 'ob:usdc' }, amount: 5 }, to: { asset: { assetId: 'ob:eth' } } })
  // @ts-expect-error there is no such endpoint
  await ob.assets.nonsense()
  return [assets.length, same.length, response.status, balance].join()
}
`
}

async function startPackedSandbox(consumer) {
  const program = `import { startSandbox } from '@ob/sandbox'
const { url, ca, keys } = await startSandbox()
console.log(JSON.stringify({ url, ca, keys }))`
  await writeFile(join(consumer, 'sandbox.mjs'), program)
  const child = spawn(process.execPath, ['sandbox.mjs'], {
    cwd: consumer,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, env: line }
}

async function call({ version, command, args }, consumer, sandbox) {
  if (!version) return 'skipped: not on this machine'
  const output = await run(command, [...args, 'main.mjs'], {
    cwd: consumer,
    env: cleanEnvironment({ SANDBOX: sandbox.env }),
  })
  if (output.trim() !== 'ok') throw new Error(output)
}

async function callInWorkerd(consumer, sandbox) {
  if (!findWorkerd()) return 'skipped: not on this machine'
  const { url, ca, keys } = JSON.parse(sandbox.env)
  const entry = join(consumer, 'worker.mjs')
  await writeFile(entry, WORKER)
  const worker = await startWorker(entry, [ca], { URL: url.replace('127.0.0.1', 'localhost'), KEY: keys.full })
  try {
    const answer = await worker.dispatchFetch('http://worker/').then((response) => response.text())
    if (answer !== 'ok') throw new Error(answer)
  } finally {
    await worker.dispose()
  }
}

const WORKER = `import { createClient } from '@ob/core'
import { listAssets } from '@ob/core/onebalance'
export default {
  async fetch(_, { URL: baseURL, KEY: apiKey }) {
    const assets = await createClient({ baseURL, apiKey }).assets.list().catch((error) => error)
    return new Response(assets.length > 0 && listAssets.method === 'GET' ? 'ok' : String(assets))
  },
}
`

/** Declarations are checked as well: `skipLibCheck` would hide a type that a user cannot resolve. */
async function checkTypes(consumer, compiler, resolution) {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'ESNext.Disposable'],
    module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution: resolution,
    types: [],
    // Those of the compiler itself are its own matter.
    skipDefaultLibCheck: true,
    noEmit: true,
  }
  const config = join(consumer, `tsconfig.${compiler}.${resolution}.json`)
  await writeFile(config, JSON.stringify({ compilerOptions, files: ADAPTERS.map((name) => `${name}.ts`) }))
  const tsc = join(import.meta.dirname, 'node_modules', compiler, 'bin/tsc')
  await run(process.execPath, [tsc, '-p', config], { cwd: consumer })
}

async function checkContents(tarball) {
  const files = (await run('tar', ['-tzf', tarball])).trim().split('\n')
  const manifest = JSON.parse(await run('tar', ['-xzOf', tarball, 'package/package.json']))
  const text = await run('tar', ['-xzOf', tarball])
  const keys = (text.match(/(?<![\da-fx])[\da-f]{64}(?![\da-f])/gi) ?? []).filter((key) => key !== PUBLIC_TESTING_KEY)
  const problems = [
    ...keys.map(() => 'what looks like a key'),
    ...files.filter((file) => /\.test(-d)?\.|\.cjs$|\.tsbuildinfo$|node_modules|\.env/.test(file)),
    ...(manifest.type === 'module' ? [] : ['no type: module']),
    ...(files.includes('package/dist/index.js') && files.includes('package/dist/index.d.ts') ? [] : ['no dist']),
    ...Object.keys(manifest.scripts ?? {}).filter((name) => /install$|^prepare$/.test(name)),
    ...Object.values(manifest.dependencies ?? {}).filter((range) => /workspace:|catalog:/.test(range)),
  ]
  if (problems.length > 0) throw new Error(`the tarball holds ${problems.join(', ')}`)
}
