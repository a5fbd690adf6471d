// Who calls, and what each may take.

import { createQuote, getExecutionStatus, listAssets } from '@ob/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { networkOf } from '../src/callers.ts'
import { createProxy, type LogEntry, type ProxyOptions } from '../src/index.ts'
import { serveProxy } from '../src/node.ts'
import { codeOf, type Fixture, gate, manualTimers, PRIVATE, PUBLIC, QUOTE, startProxy } from './fixture.ts'
import { CANARY } from './leaks.ts'
import { type RawAnswer, readAnswers, talk, write } from './raw-http.ts'
import { SHELLS } from './shells.ts'
import { reply, startUpstream, type Upstream } from './upstream.ts'

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.close())

describe.each(SHELLS)('$name', (shell) => {
  let proxy: Fixture | undefined
  const log: LogEntry[] = []
  const start = async (options: ProxyOptions): Promise<Fixture> => {
    proxy = await startProxy(shell, upstream, { log: (entry) => log.push(entry), ...options })
    return proxy
  }
  beforeEach(() => {
    upstream.deliveries.splice(0)
    upstream.answer = () => reply('[]')
    log.splice(0)
  })
  afterEach(async () => {
    await proxy?.close()
    proxy = undefined
  })

  const ANSWERS: readonly (readonly [name: string, authorize: () => unknown, status: number, code: string])[] = [
    ['null', () => null, 401, 'unauthorized'],
    ['undefined', () => undefined, 401, 'unauthorized'],
    ['false', () => false, 401, 'unauthorized'],
    ['a promise of null', async () => null, 401, 'unauthorized'],
    ['a thenable of null', () => foreignPromise(null), 401, 'unauthorized'],
    ['true', () => true, 503, 'authorization_unavailable'],
    ['0', () => 0, 503, 'authorization_unavailable'],
    ['a string', () => 'somebody', 503, 'authorization_unavailable'],
    ['{}', () => ({}), 503, 'authorization_unavailable'],
    ['an empty id', () => ({ id: '' }), 503, 'authorization_unavailable'],
    ['an id that is a number', () => ({ id: 1 }), 503, 'authorization_unavailable'],
    ['an id of 257 characters', () => ({ id: 'a'.repeat(257) }), 503, 'authorization_unavailable'],
    [
      'an id that cannot be read',
      () => Object.defineProperty({}, 'id', { get: fail }),
      503,
      'authorization_unavailable',
    ],
    [
      'an id that cannot be read, later',
      async () => Object.defineProperty({}, 'id', { get: fail }),
      503,
      'authorization_unavailable',
    ],
    ['what it throws', fail, 503, 'authorization_unavailable'],
    ['what it rejects with', async () => fail(), 503, 'authorization_unavailable'],
    ['a rejection of nothing', () => Promise.reject(), 503, 'authorization_unavailable'],
  ]

  test.each(ANSWERS)('authorize gives %s', async (_, authorize, status, code) => {
    const { ask } = await start({ authorize: authorize as NonNullable<ProxyOptions['authorize']> })
    const answer = await ask()
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
    expect(upstream.deliveries).toEqual([])
    expect(log.map(({ event }) => event)).toEqual(status === 503 ? ['authorize_failed'] : [])
    // What is thrown may hold a token.
    expect(JSON.stringify([log, answer])).not.toContain('secret of the session')
  })

  test('authorize that hangs is given up at its time', async () => {
    const timers = manualTimers()
    const asked = gate()
    const { ask } = await start({
      runtime: { setTimer: timers.setTimer },
      authorize: () => {
        asked.open()
        return new Promise(() => {})
      },
    })
    const answer = ask()
    await asked.opened
    timers.fire(5_000)
    expect([(await answer).status, codeOf(await answer)]).toEqual([503, 'authorization_unavailable'])
    expect(upstream.deliveries).toEqual([])
  })

  test('authorize may answer by itself', async () => {
    const { ask } = await start({
      authorize: () =>
        new Response('go away', {
          status: 302,
          headers: [
            ['location', '/login'],
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
          ],
        }),
    })
    expect(await ask()).toMatchObject({
      status: 302,
      headers: { location: '/login', 'set-cookie': 'a=1, b=2' },
      body: 'go away',
    })
    expect(upstream.deliveries).toEqual([])
  })

  test('a Response that was sent before is no answer, and ends nothing', async () => {
    const constant: Response = new Response('no', { status: 403 })
    const { ask } = await start({ authorize: () => constant })
    expect((await ask()).status).toBe(403)
    expect([(await ask()).status, (await ask()).status]).toEqual([503, 503])
    expect(log.map(({ event }) => event)).toEqual(['authorize_failed', 'authorize_failed'])
  })

  test.each<readonly [string, () => string | undefined, number]>([
    ['nothing', () => undefined, 503],
    ['no address', () => 'unknown', 503],
    ['an address with a port', () => '1.2.3.4:5', 503],
    ['what it throws', fail, 503],
    ['an address', () => '203.0.113.1', 200],
  ])('clientAddress gives %s', async (_, clientAddress, status) => {
    const { ask } = await start({ anonymous: true, clientAddress })
    expect((await ask()).status).toBe(status)
    expect(upstream.deliveries).toHaveLength(status === 200 ? 1 : 0)
  })

  test('X-Forwarded-For is read by clientAddress alone', async () => {
    const { ask } = await start({ anonymous: true, rateLimit: { points: 1 } })
    const statuses = []
    for (const address of ['1.1.1.1', '2.2.2.2'])
      statuses.push((await ask({ headers: { 'x-forwarded-for': address, forwarded: `for=${address}` } })).status)
    expect(statuses).toEqual([200, 429])
  })

  test('of 1,000 parallel calls exactly `points` pass', async () => {
    const { port } = await start({ rateLimit: { points: 10, duration: 60 }, cache: false })
    // Four on each connection, and each another query, so that none joins another.
    const bytes = await Promise.all(
      Array.from({ length: 250 }, (_, connection) =>
        talk(
          port,
          [0, 1, 2, 3]
            .map((at) =>
              write({
                target: `${PUBLIC}?at=${connection}.${at}`,
                headers: { connection: at < 3 ? 'keep-alive' : 'close' },
              }),
            )
            .join(''),
        ),
      ),
    )
    const answers = bytes.flatMap(readAnswers)
    expect(count(answers)).toEqual({ 200: 10, 429: 990 })
    expect(upstream.deliveries).toHaveLength(10)
    for (const answer of answers.filter(({ status }) => status === 429)) {
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect(codeOf(answer)).toBe('rate_limited')
    }
  })

  test('the limit is for each caller', async () => {
    const { ask } = await start({ rateLimit: { points: 1 } })
    const statuses = []
    for (const id of ['a', 'a', 'b', 'b']) statuses.push((await ask({ headers: { authorization: id } })).status)
    expect(statuses).toEqual([200, 429, 200, 429])
  })

  test('past maxConcurrent nothing is sent', async () => {
    const release = gate()
    upstream.answer = async () => {
      await release.opened
      return reply('{}')
    }
    const { ask } = await start({ maxConcurrent: 2 })
    const waiting = ['a', 'b'].map((id) => ask({ target: PRIVATE, headers: { authorization: id } }))
    await upstream.arrived(2)
    const refused = await ask({ target: PRIVATE, headers: { authorization: 'c' } })
    expect([refused.status, codeOf(refused), Number(refused.headers['retry-after'])]).toEqual([503, 'overloaded', 1])
    release.open()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
    expect((await ask({ target: PRIVATE, headers: { authorization: 'c' } })).status).toBe(200)
    expect(upstream.deliveries).toHaveLength(3)
  })

  test('equal reads at once are one request', async () => {
    const release = gate()
    upstream.answer = async ({ target }) => {
      await release.opened
      return reply(JSON.stringify({ target }))
    }
    const { port, usage } = await start({ cache: false })
    const targets = [`${PUBLIC}?a=1&b=2`, `${PUBLIC}?b=2&a=1`, `${PUBLIC}?%61=1&b=%32`]
    const waiting = Array.from({ length: 99 }, (_, at) =>
      talk(port, write({ target: targets[at % 3], headers: { authorization: `caller ${at}` } })),
    )
    await joined(usage.metrics, 98)
    release.open()
    const answers = (await Promise.all(waiting)).flatMap(readAnswers)
    expect(count(answers)).toEqual({ 200: 99 })
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    expect(upstream.deliveries).toHaveLength(1)
  })

  test('what is private is shared by nobody, what is public by all', async () => {
    upstream.answer = () => reply(JSON.stringify({ number: upstream.deliveries.length }))
    const { ask } = await start({ cache: () => 60_000 })
    const bodies = []
    for (const [target, id] of [
      [PRIVATE, 'a'],
      [PRIVATE, 'b'],
      [PRIVATE, 'a'],
      [PUBLIC, 'a'],
      [PUBLIC, 'b'],
    ] as const)
      bodies.push(JSON.parse((await ask({ target, headers: { authorization: id } })).body).number)
    expect(bodies).toEqual([1, 2, 1, 3, 3])
  })

  test('one caller cannot be taken for another by how the id is written', async () => {
    upstream.answer = () => reply(JSON.stringify({ number: upstream.deliveries.length }))
    const { ask } = await start({
      cache: () => 60_000,
      authorize: (request) => ({ id: decodeURIComponent(request.headers.get('authorization') ?? '') }),
    })
    const ids = [
      'a',
      'a"',
      'a","GET',
      'a\n',
      '["a"]',
      'a\\',
      'a\\"',
      'user:a',
      '__proto__',
      'constructor',
      '%00',
      '%20a',
    ]
    for (const id of ids) await ask({ target: PRIVATE, headers: { authorization: encodeURIComponent(id) } })
    expect(upstream.deliveries).toHaveLength(ids.length)
  })

  test.each([
    ['a header that does not pass', { 'x-evil': '1' }, {}, 1],
    ['a header that passes', { 'accept-language': 'de' }, {}, 2],
    ['the order of the query', {}, { target: `${PUBLIC}?b=2&a=1` }, 1],
    ['another query', {}, { target: `${PUBLIC}?a=1&b=3` }, 2],
    ['__proto__', {}, { target: `${PUBLIC}?a=1&b=2&__proto__=1` }, 2],
  ] as const)('the cache is not poisoned by %s', async (_, headers, parts, requests) => {
    const { ask } = await start({})
    await ask({ target: `${PUBLIC}?a=1&b=2`, headers, ...parts })
    await ask({ target: `${PUBLIC}?a=1&b=2` })
    expect(upstream.deliveries).toHaveLength(requests)
  })

  test('what went wrong is not kept', async () => {
    const { ask } = await start({})
    upstream.answer = () => reply('{"message":"no"}', { status: 500 })
    expect((await ask()).status).toBe(500)
    upstream.answer = () => reply('[]')
    expect((await ask()).status).toBe(200)
    upstream.answer = () => reply('{"message":"no"}', { status: 500 })
    expect((await ask()).status).toBe(200)
  })

  test('an empty list lets nothing pass', async () => {
    const { ask } = await start({ allow: [] })
    expect([(await ask()).status, (await ask({ target: PRIVATE })).status]).toEqual([404, 404])
    expect(upstream.deliveries).toEqual([])
  })

  test('by default, nothing that moves or computes passes', async () => {
    const { ask } = await start({})
    expect((await ask({ target: QUOTE, method: 'POST', body: '{}' })).status).toBe(404)
    expect((await ask({ target: PRIVATE })).status).toBe(200)
  })
})

const BASE: ProxyOptions = { apiKey: CANARY, anonymous: true, allow: [listAssets, createQuote, getExecutionStatus] }
test.each<readonly [string, unknown]>([
  ['no authorize', { ...BASE, anonymous: undefined }],
  ['anonymous that is no true', { ...BASE, anonymous: 'yes' }],
  ['authorize and anonymous', { ...BASE, authorize: () => null }],
  ['authorize that is no function', { ...BASE, anonymous: undefined, authorize: { id: 'a' } }],
  ['nothing', undefined],
  ['a prefix with a slash at its end', { ...BASE, prefix: '/a/' }],
  ['a prefix with dots', { ...BASE, prefix: '/a/..' }],
  ['a prefix without a slash', { ...BASE, prefix: 'a' }],
  ['allow that is no list', { ...BASE, allow: listAssets }],
  ['allow with a path', { ...BASE, allow: ['/api/assets/list'] }],
  ['publicOrigin with a path', { ...BASE, publicOrigin: 'https://app.example/' }],
  ['publicOrigin over http', { ...BASE, publicOrigin: 'http://app.example' }],
  ['publicOrigin in upper case', { ...BASE, publicOrigin: 'https://APP.example' }],
  ['origins with *', { ...BASE, origins: ['*'] }],
  ['origins with null', { ...BASE, origins: ['null'] }],
  ['origins with a wildcard', { ...BASE, origins: ['https://*.example'] }],
  ['origins that is no list', { ...BASE, origins: 'https://app.example' }],
  ['onStoreError that is neither', { ...BASE, onStoreError: 'maybe' }],
  ['maxBodyBytes 0', { ...BASE, maxBodyBytes: 0 }],
  ['maxConcurrent NaN', { ...BASE, maxConcurrent: Number.NaN }],
  ['timeout 0', { ...BASE, timeout: 0 }],
  ['a baseURL over http', { ...BASE, baseURL: 'http://api.example' }],
])('is not made with %s', async (_, options) => {
  expect(() => createProxy(options as ProxyOptions)).toThrow(/./)
  await expect(serveProxy(options as never)).rejects.toThrow(/./)
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', undefined],
  ['unknown', undefined],
  ['1.2.3.4, 5.6.7.8', undefined],
  ['1.2.3.4:80', undefined],
  ['[::1]', undefined],
  ['1.2.3.256', undefined],
  ['a'.repeat(10_000), undefined],
])('an address %s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

function fail(): never {
  throw new Error('the secret of the session')
}

/** A promise of another realm or library. */
function foreignPromise<T>(value: T): unknown {
  return { [THEN]: (resolve: (value: T) => void) => resolve(value) }
}

const THEN = 'then'

function count(answers: readonly RawAnswer[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** Resolves when so many requests have joined another. */
async function joined(metrics: () => string, count: number): Promise<void> {
  while (!metrics().includes(`onebalance_proxy_joined_total ${count}\n`)) await new Promise(setImmediate)
}
