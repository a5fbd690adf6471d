// Several proxies on one real Redis, which dies, hangs, lies and comes back.
import { createQuote, executeQuote, listAssets } from '@ob/core/onebalance'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry, ProxyOptions } from '../src/index.ts'
import { createProxy, type ProxyServer, serveProxy } from '../src/node.ts'
import { type CountingApi, startCountingApi } from './redis-api.ts'
import { createRedisServer, findRedis, type RedisServer } from './redis-server.ts'

const redis = await findRedis()
const [path, reason] = 'path' in redis ? [redis.path, ''] : ['', ` (${redis.missing})`]

/** The recommended options, and the client's own. */
const CLIENTS = [
  {
    name: 'ioredis',
    connect: (socket: string) => new Redis({ path: socket, retryStrategy: () => 10 }),
  },
  {
    name: 'iovalkey',
    connect: (socket: string) =>
      new Valkey({ path: socket, retryStrategy: () => 10, enableOfflineQueue: false, maxRetriesPerRequest: 0 }),
  },
] as const

describe.skipIf(path === '').each(CLIENTS)(`$name${reason}`, ({ connect }) => {
  type Client = Redis
  let server: RedisServer
  let api: CountingApi
  let clients: Client[]
  let proxies: ProxyServer[]
  let logs: LogEntry[]

  beforeAll(async () => {
    api = await startCountingApi()
  })
  beforeEach(async () => {
    server = await createRedisServer(path)
    await server.start()
    api.deliveries.length = 0
    clients = []
    proxies = []
    logs = []
  })
  afterEach(async () => {
    api.release()
    server.thaw()
    for (const client of clients) client.disconnect()
    await Promise.all(proxies.map((proxy) => proxy.close()))
    await server.close()
  })
  afterAll(() => api.close())

  const connectOne = async (): Promise<Client> => {
    const client = connect(server.socket) as unknown as Client
    client.on('error', () => {})
    clients.push(client)
    await until(client, 'ready')
    return client
  }
  const optionsOf = async (options: Partial<ProxyOptions> = {}): Promise<ProxyOptions> => ({
    apiKey: 'a-key-of-the-tests-0123456789',
    baseURL: api.url,
    allowInsecureLoopback: true,
    authorize: (request) => ({ id: request.headers.get('x-user') ?? 'somebody' }),
    allow: [listAssets, createQuote, executeQuote],
    rateLimit: { points: 100_000 },
    cache: false,
    store: await connectOne(),
    log: (entry) => void logs.push(entry),
    ...options,
    // A machine that is busy is no store that hangs.
    runtime: { setTimer: (ms, fn) => startTimer(ms * 50, fn), ...options.runtime },
  })
  const serve = async (options: Partial<ProxyOptions> = {}): Promise<ProxyServer> => {
    const proxy = await serveProxy({ ...(await optionsOf(options)), signals: [] })
    proxies.push(proxy)
    return proxy
  }
  /** Its waits for another process take no time, and its clock stands where they would have ended. */
  const serveImpatient = (): Promise<ProxyServer> => {
    let waited = 0
    const now = (): number => Date.now() + waited
    return serve({
      runtime: {
        now,
        sleep: async (ms) => {
          waited += ms
        },
      },
    })
  }
  const back = async (): Promise<void> => {
    const ready = clients.map((client) => (client.status === 'ready' ? undefined : until(client, 'ready')))
    await server.start()
    await Promise.all(ready)
  }
  const kill = async (): Promise<void> => {
    const gone = clients.map((client) => until(client, 'close'))
    await server.kill()
    await Promise.all(gone)
  }
  const events = (): string[] => logs.map(({ event }) => event)

  describe('call ids', () => {
    it('run once among two proxies, whenever and wherever the copies arrive', async () => {
      const [a, b] = [await serve(), await serve()]
      api.hold()
      const copies = [a, b, a, b].map((proxy) => execute(proxy, 'parallel'))
      await api.arrived(1)
      const meanwhile = [a, b].map((proxy) => execute(proxy, 'parallel'))
      api.release()
      const later = [await execute(a, 'parallel'), await execute(b, 'parallel')]
      const all = await Promise.all([...copies, ...meanwhile, ...later])
      expect(all).toEqual(all.map(() => ({ status: 200, body: { n: 1 }, retryAfter: null })))
      expect(api.executions()).toBe(1)
    })

    it('are taken before the limit is asked: where one request is left, its copies have its answer', async () => {
      const rateLimit = { points: 1, duration: 60 }
      const [a, b] = [await serve({ rateLimit }), await serve({ rateLimit })]
      const copies = await Promise.all([a, b, a, b].map((proxy) => execute(proxy, 'last')))
      expect(copies).toEqual(copies.map(() => ({ status: 200, body: { n: 1 }, retryAfter: null })))
      expect(await execute(b, 'next')).toMatchObject({ status: 429 })
      expect(await execute(a, 'next')).toMatchObject({ status: 429 })
      expect(api.executions()).toBe(1)
    })

    it('hold one body, and belong to one caller', async () => {
      const [a, b] = [await serve(), await serve()]
      await execute(a, 'one')
      expect(await execute(b, 'one', { body: '{"other":1}' })).toMatchObject({
        status: 422,
        body: { code: 'call_id_reused' },
      })
      expect(await execute(b, 'one', { user: 'another' })).toMatchObject({ status: 200, body: { n: 2 } })
      expect(api.executions()).toBe(2)
    })

    it('let nothing run where the store is away before; reads by onStoreError', async () => {
      const [deny, allow] = [await serve(), await serve({ onStoreError: 'allow' })]
      await kill()
      for (const proxy of [deny, allow])
        expect(await execute(proxy, 'before')).toMatchObject({
          status: 503,
          body: { code: 'store_unavailable' },
          retryAfter: '1',
        })
      expect(await read(deny)).toMatchObject({ status: 503, body: { code: 'store_unavailable' } })
      expect(api.deliveries).toEqual([])
      expect(await read(allow)).toMatchObject({ status: 200 })
      expect(await quote(allow, 'quote')).toMatchObject({ status: 200, body: { n: 2 } })
      expect(await quote(allow, 'quote')).toMatchObject({ status: 200, body: { n: 2 } })
      expect(events()).toEqual(['store_lost', 'store_lost'])
      await back()
      for (const proxy of [deny, allow]) expect(await read(proxy)).toMatchObject({ status: 200 })
      expect(await execute(deny, 'before')).toMatchObject({ status: 200 })
      expect(events()).toEqual(['store_lost', 'store_lost', 'store_back', 'store_back'])
    })

    it('that were claimed when the store died: an answer for who waits, 409 for who comes, and no second run anywhere', async () => {
      const [a, b] = [await serve(), await serveImpatient()]
      api.hold()
      const waiting = execute(a, 'between')
      await api.arrived(1)
      await kill()
      expect(await execute(b, 'between')).toMatchObject({ status: 503 })
      api.release()
      expect(await waiting).toMatchObject({ status: 200, body: { n: 1 } })
      expect(await execute(a, 'between')).toMatchObject({ status: 409, body: { code: 'outcome_unknown' } })
      await back()
      expect(await execute(b, 'between')).toMatchObject({ status: 409, body: { code: 'outcome_unknown' } })
      expect(await execute(a, 'between')).toMatchObject({ status: 409, body: { code: 'outcome_unknown' } })
      expect(api.executions()).toBe(1)
    })

    it('of which the store died while another proxy waited for the answer: 409', async () => {
      const a = await serve()
      let sleeping = (): void => {}
      const isWaiting = new Promise<void>((resolve) => {
        sleeping = resolve
      })
      let wake = (): void => {}
      const b = await serve({
        runtime: {
          sleep: () =>
            new Promise((resolve) => {
              wake = resolve
              sleeping()
            }),
        },
      })
      api.hold()
      const first = execute(a, 'polled')
      await api.arrived(1)
      const copy = execute(b, 'polled')
      await isWaiting
      await kill()
      wake()
      expect(await copy).toMatchObject({ status: 409, body: { code: 'outcome_unknown' } })
      api.release()
      expect(await first).toMatchObject({ status: 200 })
      expect(api.executions()).toBe(1)
    })

    it('that were answered when the store died have their answer where it was given, and everywhere afterwards', async () => {
      const [a, b] = [await serve(), await serve()]
      await execute(a, 'after')
      await execute(b, 'after')
      await kill()
      expect(await execute(a, 'after')).toMatchObject({ status: 200, body: { n: 1 } })
      expect(await execute(b, 'after')).toMatchObject({ status: 503 })
      await back()
      expect(await execute(b, 'after')).toMatchObject({ status: 200, body: { n: 1 } })
      expect(api.executions()).toBe(1)
    })

    it('of a process that never answers get 409 once its time is over', async () => {
      const [a, b] = [await serve(), await serveImpatient()]
      api.hold()
      const never = execute(a, 'dead')
      await api.arrived(1)
      expect(await execute(b, 'dead')).toMatchObject({ status: 409, body: { code: 'outcome_unknown' } })
      expect(api.executions()).toBe(1)
      api.release()
      await never
    })

    it('do not run while the store hangs', async () => {
      const runtime = { setTimer: startTimer }
      const [deny, allow] = [await serve({ runtime }), await serve({ runtime, onStoreError: 'allow' })]
      server.freeze()
      for (const proxy of [deny, allow]) expect(await execute(proxy, 'hangs')).toMatchObject({ status: 503 })
      expect(await read(deny)).toMatchObject({ status: 503 })
      expect(api.deliveries).toEqual([])
      expect(await read(allow)).toMatchObject({ status: 200 })
      expect(events()).toEqual(['store_lost', 'store_lost'])
    })

    it('do not run where the store holds what is not ours', async () => {
      const a = await serve()
      const client = clients[0] as Client
      await execute(a, 'sample')
      const [key = ''] = await client.keys('onebalance:call:*')
      const keyOf = (id: string): string => key.replace(idOf('sample'), idOf(id))
      const record = JSON.parse((await client.get(key)) ?? '')
      await client.set(keyOf('text'), 'garbage')
      await client.set(keyOf('json'), '{"digest":1}')
      await client.rpush(keyOf('list'), 'x')
      const bad = { 'x\r\ny': 'z' }
      await client.set(keyOf('head'), JSON.stringify({ ...record, answer: { status: 200, headers: bad, body: '' } }))
      for (const id of ['text', 'json', 'list', 'head'])
        expect(await execute(a, id)).toMatchObject({ status: 503, body: { code: 'store_unavailable' } })
      expect(api.executions()).toBe(1)
      expect(new Set(events())).toEqual(new Set(['unexpected']))
    })
  })

  describe('limits', () => {
    it('are one for two proxies: 10 of 1,000 at once pass', async () => {
      const rateLimit = { points: 10, duration: 60 }
      const [a, b] = [createProxy(await optionsOf({ rateLimit })), createProxy(await optionsOf({ rateLimit }))]
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, (_, n) =>
          (n % 2 === 0 ? a : b)(new Request(`http://localhost/onebalance${listAssets.path}`, { headers: HEADERS })),
        ),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
      const refused = answers.filter(({ status }) => status === 429)
      expect(refused).toHaveLength(990)
      for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      await Promise.all([a.close(), b.close()])
    })

    it('lose no count with the process that counted', async () => {
      const rateLimit = { points: 10, duration: 60 }
      const [a, b] = [await serve({ rateLimit }), await serve({ rateLimit })]
      for (let n = 0; n < 6; n += 1) expect((await read(a)).status).toBe(200)
      await a.close()
      clients[0]?.disconnect()
      const statuses = []
      for (let n = 0; n < 6; n += 1) statuses.push((await read(b)).status)
      expect(statuses).toEqual([200, 200, 200, 200, 429, 429])
    })

    it('do not take what cannot be read for a count, nor for an open gate', async () => {
      const a = await serve()
      await read(a)
      const client = clients[0] as Client
      const [key = ''] = await client.keys('onebalance:limit*')
      await client.del(key)
      await client.rpush(key, 'x')
      expect(await read(a)).toMatchObject({ status: 503 })
      await client.del(key)
      await client.set('onebalance:gate', 'garbage')
      expect(await read(a)).toMatchObject({ status: 503 })
      expect(api.deliveries).toHaveLength(1)
    })

    it('have one gate: after a 429 of the API all proxies wait, and a short wait does not end a longer one', async () => {
      const [a, b] = [await serve(), await serve()]
      api.hold()
      api.next = { status: 429, headers: { 'retry-after': '30' } }
      const first = read(a)
      await api.arrived(1)
      api.next = { status: 429, headers: { 'retry-after': '2' } }
      const second = read(b)
      await api.arrived(2)
      api.release()
      expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([429, 429])
      const ask = async (): Promise<number> => Number((await clients[0]?.get('onebalance:gate')) ?? 0)
      while ((await ask()) === 0);
      const c = await serve()
      const refused = await read(c)
      expect(refused.status).toBe(429)
      expect(Number(refused.retryAfter)).toBeGreaterThan(20)
      expect(api.deliveries).toHaveLength(2)
    })
  })
})

/** As `once` of node:events, which gives up at an error, such as each attempt to connect that fails. */
function until(client: Redis, event: 'ready' | 'close'): Promise<void> {
  return new Promise((resolve) => void client.once(event, () => resolve()))
}

function startTimer(ms: number, fn: () => void): () => void {
  const timer = setTimeout(fn, ms)
  return () => clearTimeout(timer)
}

const HEADERS = { 'x-ob-client': 'test' }

interface Answered {
  readonly status: number
  readonly body: unknown
  readonly retryAfter: string | null
}

async function read(proxy: ProxyServer): Promise<Answered> {
  return open(await fetch(`${proxy.url}/onebalance${listAssets.path}`, { headers: HEADERS }))
}

function execute(proxy: ProxyServer, id: string, options?: { body?: string; user?: string }): Promise<Answered> {
  return post(proxy, executeQuote.path, id, options)
}

function quote(proxy: ProxyServer, id: string): Promise<Answered> {
  return post(proxy, createQuote.path, id)
}

async function post(
  { url }: ProxyServer,
  path: string,
  id: string,
  { body = '{"id":"quote"}', user = 'somebody' }: { body?: string; user?: string } = {},
): Promise<Answered> {
  const headers = { ...HEADERS, 'x-user': user, 'x-ob-call': idOf(id), 'content-type': 'application/json' }
  return open(await fetch(`${url}/onebalance${path}`, { method: 'POST', body, headers }))
}

function idOf(name: string): string {
  return `${name}-${'0'.repeat(32)}`
}

async function open(response: Response): Promise<Answered> {
  return { status: response.status, body: await response.json(), retryAfter: response.headers.get('retry-after') }
}
