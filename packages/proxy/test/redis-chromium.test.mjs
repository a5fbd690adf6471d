// Chromium sends a POST again by itself when its connection ends: the copy must find the first, here or in another process.
import { createServer } from 'node:http'
import { createClient } from '@ob/browser'
import { signQuote } from '@ob/core'
import { createQuote, executeQuote, listAssets } from '@ob/core/onebalance'
import { startSandbox } from '@ob/sandbox'
import { build } from 'esbuild'
import { Redis } from 'ioredis'
import { chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findChromium } from '../../../scripts/find-chromium.mjs'
import { createNodeHandler, serveProxy } from '../src/node.ts'
import { SWAP } from './recipes-swap.ts'
import { startCountingApi } from './redis-api.ts'
import { startRelay } from './redis-relay.ts'
import { createRedisServer, findRedis } from './redis-server.ts'

const { missing, ...found } = await findChromium()
const redis = await findRedis()
const FAULTS = ['FIN', 'RST', '408', '421']

describe.skipIf(missing)(`Chromium${missing ? ` (${missing})` : ''}`, () => {
  let browser
  let signed
  let page
  let api
  const ends = []

  beforeAll(async () => {
    browser = await chromium.launch({ ...found, args: ['--no-sandbox'] })
    signed = await signSwap()
  }, 60_000)
  afterAll(() => browser?.close())
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  /** Two servers with the page and the proxy, a relay before them that strikes, and the page, whose connection was used once. */
  const open = async (stores) => {
    api = await startCountingApi()
    ends.push(() => api.close())
    const servers = []
    for (const store of stores) {
      const server = await startSite(api.url, store)
      ends.push(server.close)
      servers.push(server.port)
    }
    const relay = await startRelay(servers)
    ends.push(relay.close)
    page = await browser.newPage()
    ends.push(() => page.close())
    await page.goto(relay.url)
    await page.waitForFunction('globalThis.ob')
    // What it answers is no list; it warms the connection.
    await page.evaluate('ob.assets.list().catch(() => {})')
    return relay
  }
  /** What the page makes of an execution. */
  const execute = () =>
    page.evaluate(
      (quote) =>
        globalThis.ob.quotes.execute(quote).then(
          (answer) => ({ answer }),
          ({ code, outcome }) => ({ code, outcome }),
        ),
      signed,
    )
  const executions = () => api.deliveries.filter(({ path }) => path === executeQuote.path)
  const expectOneId = ({ posts }) => {
    expect(posts[0].isReused).toBe(true)
    expect(posts).toHaveLength(2)
    expect(posts[0].id).toMatch(/^[\da-f]{32}$/)
    expect(posts[1].id).toBe(posts[0].id)
  }

  describe('in memory', () => {
    it.each(FAULTS)('%s while the first is under way: one delivery, one answer', async (fault) => {
      const relay = await open([undefined])
      api.hold()
      relay.arm(fault, () => api.arrived(2))
      const result = execute()
      await relay.posted(2)
      api.release()
      expect(await result).toEqual({ answer: { n: 2 } })
      expect(executions()).toHaveLength(1)
      expectOneId(relay)
    })

    it.each(FAULTS)('%s once the first is answered: one delivery, the same answer', async (fault) => {
      const relay = await open([undefined])
      relay.arm(fault, () => relay.answered())
      expect(await execute()).toEqual({ answer: { n: 2 } })
      expect(executions()).toHaveLength(1)
      expectOneId(relay)
    })
  })

  describe.skipIf(redis.missing)(`through Redis${redis.missing ? ` (${redis.missing})` : ''}`, () => {
    let server
    const startRedis = async () => {
      server = await createRedisServer(redis.path)
      await server.start()
      ends.push(server.close)
      const connect = async () => {
        const client = new Redis({ path: server.socket, retryStrategy: () => 10 })
        client.on('error', () => {})
        ends.push(() => client.disconnect())
        await new Promise((resolve) => void client.once('ready', resolve))
        return client
      }
      return [await connect(), await connect()]
    }

    it.each(FAULTS)('%s, and the copy comes to another process: one delivery, one answer', async (fault) => {
      const relay = await open(await startRedis())
      api.hold()
      relay.arm(fault, () => api.arrived(2))
      const result = execute()
      await relay.posted(2)
      api.release()
      expect(await result).toEqual({ answer: { n: 2 } })
      expect(executions()).toHaveLength(1)
      expectOneId(relay)
      expect(new Set(relay.posts.map(({ port }) => port)).size).toBe(2)
    })

    it.each(FAULTS)(
      '%s when Redis is lost between claim and answer: an unknown outcome, and no second run',
      async (fault) => {
        const relay = await open(await startRedis())
        api.hold()
        relay.arm(fault, async () => {
          await api.arrived(2)
          await server.kill()
        })
        expect(await execute()).toEqual({ code: 'outcome_unknown', outcome: 'unknown' })
        api.release()
        expect(executions()).toHaveLength(1)
        expectOneId(relay)
      },
    )
  })
})

/** A signed quote that stays good. */
async function signSwap() {
  const sandbox = await startSandbox()
  const proxy = await serveProxy({
    apiKey: sandbox.keys.full,
    baseURL: sandbox.url,
    ca: sandbox.ca,
    authorize: () => ({ id: 'somebody' }),
    allow: [createQuote],
    signals: [],
  })
  try {
    const ob = createClient({ proxyURL: `${proxy.url}/onebalance` })
    const quote = await ob.quotes.create(SWAP)
    const signed = await signQuote(quote, { evm: { signTypedData: async () => `0x${'11'.repeat(65)}` } })
    return { ...signed, expirationTimestamp: '4102444800' }
  } finally {
    await proxy.close()
    await sandbox.close()
  }
}

async function startSite(apiURL, store) {
  const script = await bundle()
  const proxy = createNodeHandler({
    apiKey: 'a-key-of-the-tests-0123456789',
    baseURL: apiURL,
    allowInsecureLoopback: true,
    authorize: () => ({ id: 'somebody' }),
    allow: [listAssets, executeQuote],
    cache: false,
    store,
    // A machine that is busy is no store that hangs.
    runtime: { setTimer: (ms, fn) => startTimer(ms * 50, fn) },
    log() {},
  })
  const server = createServer((request, response) => {
    if (request.url.startsWith('/onebalance/')) return proxy(request, response)
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<!doctype html><link rel="icon" href="data:,"><script type="module">${script}</script>`)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await proxy.close()
    },
  }
}

function startTimer(ms, fn) {
  const timer = setTimeout(fn, ms)
  return () => clearTimeout(timer)
}

async function bundle() {
  const contents = `
    import { createClient } from '@ob/browser'
    globalThis.ob = createClient({ proxyURL: '/onebalance', retry: false })`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
  })
  return outputFiles[0].text
}
