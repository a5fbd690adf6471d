// The recipes of docs/proxy.md: each is served as its runtime does, in front of a sandbox, and used by the client of a page.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createClient, isOneBalanceError } from '@ob/browser'
import { type Sandbox, startSandbox } from '@ob/sandbox'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SWAP } from './recipes-swap.ts'

const bin = (name: string): string => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))
const file = (name: string): string => fileURLToPath(new URL(`recipes/${name}.mjs`, import.meta.url))

const NODE = [process.execPath, file('start')]
const RECIPES = [
  ['node-http', NODE],
  ['express', NODE],
  ['fastify', NODE],
  ['hono', NODE],
  ['next-route', NODE],
  ['sveltekit-server', NODE],
  ['deno', [bin('deno'), 'run', '--no-lock', '--allow-all', file('start')]],
  ['bun', [bin('bun'), file('start')]],
] as const

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

describe.each(RECIPES)('%s', (name, [command, ...flags]) => {
  let url: string
  let stop: () => Promise<void>

  beforeAll(async () => {
    ;({ url, stop } = await start(command, [...flags, file(name)]))
  })
  afterAll(() => stop())

  it('passes reads and bodies of who is signed in, and runs each call id once', async () => {
    const ob = connect(url)
    expect((await ob.assets.list()).length).toBeGreaterThan(0)
    const before = sandbox.requests.length
    const quote = { method: 'POST', headers: headersOf({ 'x-ob-call': 'c'.repeat(32) }), body: JSON.stringify(SWAP) }
    const send = async (): Promise<unknown> => (await fetch(`${url}/onebalance/api/v3/quote`, quote)).json()
    const [first, copy] = await Promise.all([send(), send()])
    expect(first).toMatchObject({ id: expect.any(String) })
    expect(copy).toEqual(first)
    expect(sandbox.requests.length - before).toBe(1)
  })

  it('takes its own pages, and refuses a stranger, another origin, another path and another method', async () => {
    const get = async (path: string, init: RequestInit): Promise<number> =>
      (await fetch(`${url}/onebalance${path}`, init)).status
    expect(await code(connect(url, ''))).toBe('unauthorized')
    expect(await get('/api/assets/list', { headers: headersOf({ origin: url }) })).toBe(200)
    const before = sandbox.requests.length
    expect(await get('/api/assets/list', { headers: headersOf({ origin: 'https://evil.example' }) })).toBe(403)
    expect(await get('/api/other', { headers: headersOf() })).toBe(404)
    expect(await get('/api/assets/list', { method: 'POST', headers: headersOf(), body: '{}' })).toBe(405)
    expect(sandbox.requests.length).toBe(before)
  })
})

it('worker', async () => {
  const { Miniflare } = await import('miniflare')
  const { outputFiles } = await build({
    entryPoints: [file('worker')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker'],
    logLevel: 'silent',
  })
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: '2026-07-01',
    bindings: { ONEBALANCE_API_KEY: sandbox.keys.full, ONEBALANCE_BASE_URL: sandbox.url },
    outboundService: {
      network: {
        allow: ['public', 'private'],
        tlsOptions: { trustedCertificates: [sandbox.ca], trustBrowserCas: false },
      },
    },
  })
  try {
    const ask = async (headers: Record<string, string>): Promise<number> => {
      const response = await worker.dispatchFetch('https://app.example/onebalance/api/assets/list', { headers })
      await response.arrayBuffer()
      return response.status
    }
    expect(await ask(headersOf())).toBe(200)
    expect(await ask({ 'x-ob-client': 'test' })).toBe(401)
    expect(await ask(headersOf({ origin: 'https://evil.example' }))).toBe(403)
  } finally {
    await worker.dispose()
  }
})

function connect(url: string, cookie = 'session=somebody') {
  // As a browser does, which sends the cookie by itself.
  const withCookie: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('cookie', cookie)
    return fetch(input, { ...init, headers })
  }
  return createClient({ proxyURL: `${url}/onebalance`, fetch: withCookie, retry: false })
}

async function code(ob: ReturnType<typeof connect>): Promise<string> {
  try {
    await ob.assets.list()
  } catch (error) {
    return isOneBalanceError(error) ? error.code : String(error)
  }
  return 'no error'
}

function headersOf(more: Record<string, string> = {}): Record<string, string> {
  return { 'x-ob-client': 'test', 'content-type': 'application/json', cookie: 'session=somebody', ...more }
}

/** Starts a recipe with the sandbox as its API, and waits for the port that it prints. */
async function start(command: string, flags: readonly string[]): Promise<{ url: string; stop: () => Promise<void> }> {
  const { path, cleanUp } = await writeAuthority()
  const child = spawn(command, flags, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, since what npm installs of Deno and Bun starts the real program.
    detached: true,
    env: {
      ...process.env,
      ONEBALANCE_API_KEY: sandbox.keys.full,
      ONEBALANCE_BASE_URL: sandbox.url,
      NODE_EXTRA_CA_CERTS: path,
      DENO_CERT: path,
      PORT: '0',
    },
  })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let said = ''
  child.stderr.on('data', (data) => {
    said += data
  })
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, found] = /^port (\d+)$/.exec(line) ?? []
      if (found) resolve(found)
    })
    child.once('error', reject)
    void gone.then(() => reject(new Error(`it ended: ${said}`)))
  })
  return {
    url: `http://localhost:${port}`,
    async stop() {
      process.kill(-(child.pid as number), 'SIGKILL')
      await gone
      await cleanUp()
    },
  }
}

async function writeAuthority(): Promise<{ path: string; cleanUp: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ob-recipe-'))
  const path = join(folder, 'ca.pem')
  await writeFile(path, sandbox.ca)
  return { path, cleanUp: () => rm(folder, { recursive: true }) }
}
