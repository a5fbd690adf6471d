// What a page needs beside the suite's own session: its site, with a proxy before every server of a case, and a control that knows no key.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { endpoint, listEndpoints, oneBalance, PUBLIC_TESTING_KEY } from '@ob/core'
import { createNodeHandler } from '@ob/proxy/node'
import { CANARY } from '../dist/context.js'
import { tap } from './tap.mjs'
import { breakAnswer } from './way-back.mjs'

/** What cases ask for beside the documented endpoints. */
const RAW = ['GET', 'POST'].map((method) =>
  endpoint({ method, path: '/api/{part}', retry: method === 'GET' ? 'safe' : 'once' }),
)

/**
 * Opens it.
 *
 * @param session `{ setup, sandbox, ask }` as `inSession` gives it
 * @param script the page's code
 * @returns `{ url, setup, secrets, takeProblems(), close() }`: the page's address, its setup, the keys that it must not have, what went wrong since the last question
 */
export async function openPageSession({ setup, sandbox, ask }, script) {
  const key = randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x')
  const keys = { ...sandbox.keys, testing: PUBLIC_TESTING_KEY, unknown: 'not-a-key-that-anybody-has' }
  const secrets = [key, ...Object.values(sandbox.keys)]
  const mounts = new Map()
  const problems = []
  const addressOf = (server) => `http://127.0.0.1:${server.address().port}`
  let offset = 0

  const mount = (prefix, { wayBack = [], ...options }) => {
    const handler = createNodeHandler({
      ...options,
      prefix,
      allow: [...listEndpoints(oneBalance).map((one) => one.endpoint), ...RAW],
      anonymous: true,
      rateLimit: { points: 1_000_000, duration: 60 },
      maxBodyBytes: 2_000_000,
      // Every delivery is counted.
      cache: false,
      runtime: { now: () => Date.now() + offset, random: () => 0 },
      log: ({ event, message }) => event === 'unexpected' && problems.push(`the proxy failed: ${message}`),
    })
    const one = { handler, wayBack: [...wayBack], arrivals: 0, deliveries: options.deliveries }
    mounts.set(prefix, one)
    return one
  }
  const unmount = (prefix) => {
    // Not waited for: a request that a case let stall ends with its server.
    void mounts.get(prefix)?.handler.close()
    mounts.delete(prefix)
  }
  const find = (path) => {
    const prefix = /^\/(?:server\/\d+|sandbox\/\w+)(?=\/)/.exec(path)?.[0]
    if (!prefix) return undefined
    const name = /^\/sandbox\/(\w+)/.exec(prefix)?.[1]
    if (!mounts.has(prefix) && Object.hasOwn(keys, name ?? ''))
      mount(prefix, { baseURL: sandbox.url, ca: sandbox.ca, apiKey: keys[name], wayBack: [] })
    return mounts.get(prefix)
  }

  const site = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    // A page's clock is the case's own, and this machine's date would contradict it.
    response.sendDate = false
    const one = find(request.url)
    if (one) {
      one.arrivals += 1
      breakAnswer(response, one.wayBack.shift() ?? 'fine', one.deliveries)
      return one.handler(request, response)
    }
    const [type, body] = request.url === '/page.js' ? ['text/javascript', script] : ['text/html', PAGE]
    response
      .writeHead(200, { 'content-type': `${type}; charset=utf-8` })
      .end(request.url === '/favicon.ico' ? '' : body)
  })

  // Each proxy listens on each connection that it answered on, and here there is one for every case.
  site.on('connection', (socket) => socket.setMaxListeners(0))

  const operations = {
    async open({ options }) {
      const { wayBack, ...rest } = options
      const { port } = await ask('open', { options: exchange(rest, CANARY, key) })
      const isPlain = options.kind === 'http'
      const prefix = `/server/${port}`
      mount(prefix, {
        baseURL: `${isPlain ? 'http://127.0.0.1' : 'https://localhost'}:${port}`,
        allowInsecureLoopback: isPlain,
        ca: setup.ca,
        apiKey: key,
        wayBack,
        deliveries: async () => (await ask('log', { port })).deliveries.length,
      })
      return { port, proxyURL: addressOf(site) + prefix }
    },
    async log({ port }) {
      const log = exchange(await ask('log', { port }), key, CANARY)
      return { ...log, arrivals: mounts.get(`/server/${port}`).arrivals }
    },
    async close({ port }) {
      await ask('close', { port })
      unmount(`/server/${port}`)
    },
    advanceProxies({ ms }) {
      offset += ms
    },
    breakWayBack({ wayBack }) {
      find('/sandbox/full/').wayBack = [...wayBack]
    },
  }
  const control = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { op, ...input } = JSON.parse(text)
    const [status, output] = await Promise.resolve((operations[op] ?? ((given) => ask(op, given)))(input)).then(
      (result) => [200, result ?? null],
      (error) => [500, String(error?.stack)],
    )
    // Its own origin, since Chromium has six connections to each, and a case may keep all of the site's.
    response.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
    response.end(JSON.stringify(output))
  })

  const servers = [site, control]
  const taps = servers.map(tap)
  for (const server of servers) await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: addressOf(site),
    setup: {
      ...setup,
      controlURL: addressOf(control),
      // Names, for a page must not have the keys.
      sandbox: {
        url: `${addressOf(site)}/sandbox`,
        ca: '',
        keys: { full: 'full', readOnly: 'readOnly', expired: 'expired' },
      },
      keyFile: '',
    },
    secrets,
    /** After each case: the proxies before the sandbox are its own. */
    takeProblems() {
      for (const prefix of [...mounts.keys()].filter((one) => one.startsWith('/sandbox/'))) unmount(prefix)
      return [...problems.splice(0), ...taps.flatMap(({ findProblems }) => findProblems(secrets))]
    },
    close() {
      for (const prefix of [...mounts.keys()]) unmount(prefix)
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

const PAGE = '<!doctype html><title>conformance</title><script type="module" src="/page.js"></script>'

/** A copy with one key in place of the other, as it is and escaped, in every text. */
function exchange(value, from, to) {
  if (typeof value === 'string') return value.replaceAll(from, to).replaceAll(escaped(from), escaped(to))
  if (Array.isArray(value)) return value.map((one) => exchange(one, from, to))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [exchange(name, from, to), exchange(one, from, to)]),
  )
}

function escaped(text) {
  return [...text].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')
}
