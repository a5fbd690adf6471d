// What a call may cost, as counts that are the same on every machine. A change that adds to one fails here, and records it
// where it is worth its cost.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from './helpers/certificates.ts'
import { runNode } from './helpers/child.ts'
import { httpAnswer, type RawServer, startRawServer } from './helpers/raw-server.ts'

const API_KEY = 'guard-test-key-0123456789'
const CALLS = 20

/** What one call makes. The timer is the time limit; the immediates are undici's, which looks at an idle connection before it writes. */
const GET = { promises: 10, timers: 1, immediates: 3 }

let server: RawServer
let env: Record<string, string>
beforeAll(async () => {
  const authority = await createAuthority()
  server = await startRawServer(await authority.issue(), ({ method, socket }) =>
    socket.write(httpAnswer(200, method === 'GET' ? '[]' : '{"predictedAddress":"0x1"}')),
  )
  env = { BASE_URL: server.url, CA: authority.ca, KEY: API_KEY }
})
afterAll(() => server.close())

describe('a warm call', () => {
  test.each([
    ['GET', 'client.assets.list()', GET],
    ['GET with a signal', 'client.assets.list(undefined, { signal })', { ...GET, listeners: 1 }],
    ['POST', 'client.accounts.predictAddress(input)', GET],
    ['POST that may be sent once only', "client.request('POST', '/api/move', { body: {} })", GET],
  ])('%s makes so many promises, timers, signals and listeners', async (_, call, expected) => {
    expect(JSON.parse(await run(countOf(call)))).toEqual(expected)
  })

  test('what is sent, to the byte', async () => {
    const from = server.requests.length
    await run(programOf('await client.assets.list(); await client.accounts.predictAddress(input)'))
    const sent = server.requests.slice(from).map(({ head, body }) => [...mask(head).split('\r\n'), body])
    const common = ['user-agent: onebalance-sdk/<version> (node)', `x-api-key: ${API_KEY}`]
    const connection = [
      'host: 127.0.0.1:<port>',
      'connection: keep-alive',
      'accept-encoding: gzip, br',
      'accept: application/json',
    ]
    const body = `{"sessionAddress":"0x${'1'.repeat(40)}","adminAddress":"0x${'2'.repeat(40)}"}`
    expect(sent).toEqual([
      ['GET /api/assets/list HTTP/1.1', ...connection, ...common, ''],
      [
        'POST /api/account/predict-address HTTP/1.1',
        ...connection,
        ...common,
        'content-type: application/json',
        'content-length: 123',
        body,
      ],
    ])
  })

  test.each([
    ['calls in turn share one connection', 1, 'for (let n = 0; n < 20; n += 1) await client.assets.list()'],
    [
      'calls at once take one each, and keep it for the next',
      10,
      'for (let n = 0; n < 3; n += 1) await Promise.all(Array.from({ length: 10 }, () => client.assets.list()))',
    ],
  ])('%s', async (_, connections, work) => {
    const from = server.connections
    await run(programOf(work))
    expect(server.connections - from).toBe(connections)
  })
})

describe('the heap', () => {
  // Such as a function that is written where it is assigned to a property: V8 makes it for a long life, with all that it holds.
  test('a call leaves nothing that only a full collection finds', async () => {
    const printed = await run(
      programOf(`
      const { getHeapSpaceStatistics, setFlagsFromString } = await import('node:v8')
      const { runInNewContext } = await import('node:vm')
      setFlagsFromString('--expose-gc')
      const old = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size
      const work = async () => { for (let n = 0; n < 1000; n += 1) await client.assets.list() }
      await work()
      runInNewContext('gc')()
      const before = old()
      await work()
      console.log(JSON.stringify((old() - before) / 1000))`),
    )
    expect(JSON.parse(printed)).toBeLessThan(1_000)
  })
})

describe('the import', () => {
  test('loads these modules, and undici’s package not before the first call, if at all', async () => {
    const printed = await run(`
      import { Session } from 'node:inspector'
      const session = new Session()
      session.connect()
      let urls = []
      session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url))
      session.post('Debugger.enable')
      urls = []
      const { createClient } = await import('@ob/node')
      const loaded = urls.filter((url) => url.startsWith('file:'))
      urls = []
      const client = createClient({ baseURL: process.env.BASE_URL, ca: process.env.CA, apiKey: process.env.KEY })
      const atCreation = urls.filter((url) => url.startsWith('file:'))
      await client.assets.list()
      const isUndiciLoadedLater = urls.some((url) => url.startsWith('file:') && url.includes('/undici/'))
      await client.close()
      console.log(JSON.stringify({ loaded, atCreation, isUndiciLoadedLater }))`)
    const { loaded, atCreation, isUndiciLoadedLater } = JSON.parse(printed) as Loaded
    expect(loaded.filter((url) => url.includes('/undici/'))).toEqual([])
    expect(atCreation).toEqual([])
    // Else the list above would prove nothing. Since Node.js 24 its own serves.
    expect(isUndiciLoadedLater).toBe(Number.parseInt(process.versions.node, 10) < 24)
    expect(countByPackage(loaded)).toEqual({
      core: 5,
      node: 2,
      valibot: 1,
    })
  })
})

/** Runs a program and gives what it printed. One that says anything else, or ends badly, proves nothing. */
async function run(program: string): Promise<string> {
  const { stdout, stderr, code } = await runNode(program, env)
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return stdout
}

/** Without what differs between runs and releases. */
function mask(head: string): string {
  return head.replaceAll(String(server.port), '<port>').replace(/(?<=onebalance-sdk\/)\d+\.\d+\.\d+\S*/, '<version>')
}

interface Loaded {
  readonly loaded: readonly string[]
  readonly atCreation: readonly string[]
  readonly isUndiciLoadedLater: boolean
}

function countByPackage(urls: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const url of [...urls].sort()) {
    const name =
      /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url)?.[1] ?? /packages\/([^/]+)\//.exec(url)?.[1]
    counts[name ?? url] = (counts[name ?? url] ?? 0) + 1
  }
  return counts
}

/** A program with a client that has made calls, so that what is made once is made. */
function programOf(work: string): string {
  return `
  import { createClient } from '@ob/node'
  const client = createClient({ baseURL: process.env.BASE_URL, ca: process.env.CA, apiKey: process.env.KEY })
  const input = { sessionAddress: '0x' + '1'.repeat(40), adminAddress: '0x' + '2'.repeat(40) }
  const { signal } = new AbortController()
  ${work}
  await client.close()`
}

/** Counts what calls in turn make, and fails where two calls do not make the same. */
function countOf(call: string): string {
  return `
  import { createHook } from 'node:async_hooks'
  let counts
  const count = (name) => { if (counts) counts[name] = (counts[name] ?? 0) + 1 }
  // Kinds that are this package's to make; those of sockets and streams are Node's own, and differ between its versions.
  const KINDS = { PROMISE: 'promises', Timeout: 'timers', Immediate: 'immediates' }
  createHook({ init: (_, type) => { if (KINDS[type]) count(KINDS[type]) } }).enable()
  const { addEventListener } = EventTarget.prototype
  EventTarget.prototype.addEventListener = function (...args) {
    if (this instanceof AbortSignal) count('listeners')
    return addEventListener.apply(this, args)
  }
  for (const name of ['AbortController', 'Headers', 'Request', 'Response', 'ReadableStream']) {
    globalThis[name] = new Proxy(globalThis[name], {
      construct: (target, args, made) => { count(name); return Reflect.construct(target, args, made) },
    })
  }
  ${programOf(`
  const each = []
  for (let n = 0; n < ${CALLS} * 2; n += 1) {
    if (n >= ${CALLS}) counts = {}
    await ${call}
    if (counts) each.push(JSON.stringify(counts))
    counts = undefined
    // What belongs to this call ends with it.
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const [first] = each
  if (each.some((one) => one !== first)) console.error(each.join('\\n'))
  console.log(first)`)}`
}
