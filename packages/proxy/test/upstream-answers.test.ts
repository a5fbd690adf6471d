// What an API that is broken, hostile or talkative can make the proxy say: its answers are data, and so is what must come of them.
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { createQuote, executeQuote, getExecutionStatus, listAssets } from '@ob/core'
import { startSandbox } from '@ob/sandbox'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LogEntry, ProxyOptions } from '../src/index.ts'
import { codeOf, EXECUTE, type Fixture, manualTimers, PRIVATE, PUBLIC, startProxy } from './fixture.ts'
import { CANARY, findLeak } from './leaks.ts'
import { readAnswers, talk, write } from './raw-http.ts'
import { SHELLS } from './shells.ts'
import { CHUNKED_HEAD, chunk, reply, startUpstream, type Upstream } from './upstream.ts'

const ALLOW = [listAssets, createQuote, executeQuote, getExecutionStatus]
/** Response headers that may be there; nothing of the API's but these. */
const PASSED = [
  'cache-control',
  'content-type',
  'x-content-type-options',
  'content-length',
  'transfer-encoding',
  'connection',
  'date',
  'keep-alive',
  'retry-after',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-request-id',
]

interface Expected {
  readonly status: number
  readonly code?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** The answer breaks off, and does not look whole. */
  readonly isCut?: true
}

const zeros = (bytes: number): string => ' '.repeat(bytes)
const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const escaped = [...CANARY].map((character) => `\\u00${character.charCodeAt(0).toString(16)}`).join('')

const ANSWERS: readonly (readonly [name: string, answer: string, expected: Expected])[] = [
  ...[301, 302, 303, 307, 308].map(
    (status) =>
      [
        `a redirect ${status}`,
        reply('', { status, headers: { location: 'https://evil.example/' } }),
        { status: 502, code: 'upstream_redirect', headers: { location: undefined } },
      ] as const,
  ),
  ['300', reply('[]', { status: 300 }), { status: 502, code: 'upstream_redirect' }],
  ['304', reply('', { status: 304 }), { status: 502, code: 'upstream_redirect' }],
  [
    'HTML with 200',
    reply('<script>1</script>', { headers: { 'content-type': 'text/html' } }),
    { status: 502, code: 'invalid_response' },
  ],
  ['no type', reply('[]', { headers: { 'content-type': '' } }), { status: 502, code: 'invalid_response' }],
  [
    'a type that begins like JSON',
    reply('[]', { headers: { 'content-type': 'application/json-evil' } }),
    { status: 502, code: 'invalid_response' },
  ],
  [
    'JSON of another name',
    reply('[]', { headers: { 'content-type': 'application/problem+json' } }),
    { status: 200, body: '[]' },
  ],
  ['401', reply('{"message":"key revoked"}', { status: 401 }), { status: 502, code: 'upstream_auth' }],
  [
    '403',
    reply('{"error":"ForbiddenException","message":"no","code":"forbidden"}', { status: 403 }),
    { status: 403, code: 'forbidden' },
  ],
  ['404', reply('{"error":"NotFound","message":"no","code":"gone"}', { status: 404 }), { status: 404, code: 'gone' }],
  [
    '407',
    reply('{}', { status: 407, headers: { 'proxy-authenticate': 'Basic' } }),
    { status: 407, headers: { 'proxy-authenticate': undefined } },
  ],
  [
    '429',
    reply('{"message":"wait"}', { status: 429, headers: { 'retry-after': '7' } }),
    { status: 429, code: 'rate_limited', headers: { 'retry-after': '7' } },
  ],
  ['429 without a time', reply('{}', { status: 429 }), { status: 429, code: 'rate_limited' }],
  [
    '500 as HTML',
    reply('<h1>Oops</h1><script>steal()</script>', { status: 500, headers: { 'content-type': 'text/html' } }),
    { status: 500, code: 'server_error' },
  ],
  [
    '503',
    reply('', { status: 503, headers: { 'retry-after': '3' } }),
    { status: 503, headers: { 'retry-after': '3' } },
  ],
  ['999', reply('{}', { status: 999 }), { status: 502 }],
  ['600', reply('{}', { status: 600 }), { status: 502 }],
  [
    'an error whose fields are objects',
    reply('{"error":{"a":1},"message":{"b":2},"code":{"c":3}}', { status: 400 }),
    { status: 400 },
  ],
  [
    'an error that is a million characters',
    reply(`{"message":"${'a'.repeat(1_000_000)}"}`, { status: 400 }),
    { status: 400 },
  ],
  [
    'an error with line breaks',
    reply('{"message":"a\\r\\nset-cookie: b","code":"c\\r\\nd"}', { status: 400 }),
    { status: 400, code: 'c d' },
  ],
  ['an empty answer', reply(''), { status: 200, body: '' }],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204 }],
  [
    '100 that nobody asked for',
    `HTTP/1.1 100 Continue\r\n\r\n${reply('[]')}`,
    { status: 502, code: 'upstream_unreachable' },
  ],
  [
    '103 first',
    `HTTP/1.1 103 Early Hints\r\nlink: </evil>\r\n\r\n${reply('[]')}`,
    { status: 200, body: '[]', headers: { link: undefined } },
  ],
  ['101', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n', { status: 502 }],
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', { status: 502, code: 'upstream_unreachable' }],
  [
    'NUL in a header',
    'HTTP/1.1 200 OK\r\nx-a: \0\r\ncontent-length: 2\r\n\r\n[]',
    { status: 502, code: 'upstream_unreachable' },
  ],
  [
    'both lengths',
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    { status: 502, code: 'upstream_unreachable' },
  ],
  [
    'two lengths that differ',
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n[]',
    { status: 502, code: 'upstream_unreachable' },
  ],
  ['a second answer right behind', reply('[]') + reply('["evil"]'), { status: 200, body: '[]' }],
  [
    '300 headers',
    reply('[]', { headers: Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`x-${at}`, 'a'])) }),
    { status: 200, body: '[]' },
  ],
  [
    'a header of 100 kB',
    reply('[]', { headers: { 'x-a': 'a'.repeat(100_000) } }),
    { status: 502, code: 'upstream_unreachable' },
  ],
  [
    'headers that must not pass',
    reply('[]', {
      headers: {
        'set-cookie': 'a=1',
        server: 'nginx',
        via: '1.1 a',
        'x-powered-by': 'a',
        location: '/',
        'alt-svc': 'h3=":443"',
        etag: '"a"',
        'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT',
        'cache-control': 'public, max-age=99',
        expires: 'never',
        age: '1',
        vary: '*',
        'access-control-allow-origin': '*',
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': '*',
        'content-security-policy': 'none',
        'strict-transport-security': 'max-age=0',
        'clear-site-data': '"*"',
        refresh: '0;url=//evil.example',
        link: '</evil>',
        'x-api-key': 'a',
        'www-authenticate': 'Basic',
        'content-disposition': 'attachment',
        'service-worker-allowed': '/',
        'x-content-type-options': 'sniff',
        'content-language': 'de',
        nel: '{}',
        'report-to': '{}',
        'server-timing': 'a',
        sourcemap: '/a',
        trailer: 'a',
      },
    }),
    { status: 200, body: '[]', headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } },
  ],
  [
    'headers that pass',
    reply('[]', {
      headers: {
        'x-request-id': 'a-1',
        'x-ratelimit-limit': '9',
        'x-ratelimit-remaining': '8',
        'x-ratelimit-reset': '7',
      },
    }),
    {
      status: 200,
      headers: {
        'x-request-id': 'a-1',
        'x-ratelimit-limit': '9',
        'x-ratelimit-remaining': '8',
        'x-ratelimit-reset': '7',
      },
    },
  ],
  [
    'a request id that is HTML',
    reply('[]', { headers: { 'x-request-id': '<script> 1' } }),
    { status: 200, headers: { 'x-request-id': undefined } },
  ],
  [
    'a request id without end',
    reply('[]', { headers: { 'x-request-id': 'a'.repeat(5_000) } }),
    { status: 200, headers: { 'x-request-id': undefined } },
  ],

  ['the key in the body', reply(`{"a":"${CANARY}"}`), { status: 200, body: '{"a":"[redacted]"}' }],
  [
    'the key as a name',
    reply(`{"${CANARY}":"${CANARY}${CANARY}"}`),
    { status: 200, body: '{"[redacted]":"[redacted][redacted]"}' },
  ],
  ['the key in JSON escapes', reply(`{"a":"${escaped}"}`), { status: 200, body: '{"a":"[redacted]"}' }],
  [
    'the key, some of it in escapes',
    reply(`{"a":"${escaped.slice(0, 30)}${CANARY.slice(5)}"}`),
    { status: 200, body: '{"a":"[redacted]"}' },
  ],
  [
    'the key in JSON inside of JSON',
    reply(`{"a":"{\\"b\\":\\"${escaped.replaceAll('\\', '\\\\')}\\"}"}`),
    { status: 200, body: '{"a":"{\\"b\\":\\"[redacted]\\"}"}' },
  ],
  [
    'the key in two chunks',
    CHUNKED_HEAD + chunk(`{"a":"${CANARY.slice(0, 9)}`) + chunk(`${CANARY.slice(9)}"}`) + chunk(''),
    { status: 200, body: '{"a":"[redacted]"}' },
  ],
  [
    'the key in a chunk for each character',
    CHUNKED_HEAD + [...`{"a":"${CANARY}"}`].map(chunk).join('') + chunk(''),
    { status: 200, body: '{"a":"[redacted]"}' },
  ],
  [
    'the key in escapes, a chunk for each character',
    CHUNKED_HEAD + [...`{"a":"${escaped}"}`].map(chunk).join('') + chunk(''),
    { status: 200, body: '{"a":"[redacted]"}' },
  ],
  [
    'the key after broken UTF-8',
    reply(`{"a":"\xff\xfe${CANARY}"}`),
    { status: 200, body: '{"a":"\xff\xfe[redacted]"}' },
  ],
  [
    'the key in gzip',
    reply(binary(gzipSync(`{"a":"${CANARY}"}`)), { headers: { 'content-encoding': 'gzip' } }),
    { status: 200, body: '{"a":"[redacted]"}' },
  ],
  [
    'the key in headers',
    reply('[]', { headers: { 'x-request-id': CANARY, 'x-ratelimit-limit': CANARY, 'retry-after': CANARY } }),
    { status: 200, headers: { 'x-request-id': '[redacted]' } },
  ],
  [
    'the key in an error',
    reply(`{"error":"${CANARY}","message":"${escaped}","code":"${CANARY}"}`, { status: 400 }),
    { status: 400, code: '[redacted]' },
  ],
  [
    'the key in an error page',
    reply(`<p>${CANARY}</p>`, { status: 500, headers: { 'content-type': 'text/html' } }),
    { status: 500 },
  ],
  [
    'the key in a redirect',
    reply('', { status: 302, headers: { location: `https://evil.example/${CANARY}` } }),
    { status: 502, code: 'upstream_redirect' },
  ],
  [
    'the key in a 401',
    reply(`{"message":"${CANARY} is revoked"}`, { status: 401 }),
    { status: 502, code: 'upstream_auth' },
  ],
  ['the key where HTTP should be', `${CANARY}\r\n\r\n`, { status: 502, code: 'upstream_unreachable' }],
  ['the key in the reason phrase', `HTTP/1.1 500 ${CANARY}\r\ncontent-length: 0\r\n\r\n`, { status: 500 }],

  ['more than maxResponseBytes', CHUNKED_HEAD + chunk(zeros(3_000_000)) + chunk(''), { status: 200, isCut: true }],
  ['more than maxResponseBytes, with a length', reply(zeros(3_000_000)), { status: 200, isCut: true }],
  [
    'a gzip bomb',
    reply(binary(gzipSync(zeros(50_000_000))), { headers: { 'content-encoding': 'gzip' } }),
    { status: 200, isCut: true },
  ],
  [
    'a brotli bomb',
    reply(binary(brotliCompressSync(zeros(5_000_000))), { headers: { 'content-encoding': 'br' } }),
    { status: 200, isCut: true },
  ],
  [
    'gzip in gzip',
    reply(binary(gzipSync(gzipSync('[]'))), { headers: { 'content-encoding': 'gzip, gzip' } }),
    { status: 502, code: 'invalid_response' },
  ],
  [
    'an encoding that nobody knows',
    reply('[]', { headers: { 'content-encoding': 'evil' } }),
    { status: 200, body: '[]', headers: { 'content-encoding': undefined } },
  ],
  ['gzip that is none', reply('[]', { headers: { 'content-encoding': 'gzip' } }), { status: 502 }],
]

const LONG_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n'

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.close())

describe.each(SHELLS)('$name', (shell) => {
  let proxy: Fixture | undefined
  const log: LogEntry[] = []
  const start = async (options: ProxyOptions = {}): Promise<Fixture> => {
    proxy = await startProxy(shell, upstream, {
      allow: ALLOW,
      cache: false,
      maxResponseBytes: 2_000_000,
      log: (entry) => log.push(entry),
      ...options,
    })
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

  test.each(ANSWERS)('%s', async (_, text, expected) => {
    const { ask, usage } = await start()
    upstream.answer = () => text
    const answer = await ask()
    expect([answer.status, answer.status >= 400 && answer.body]).toEqual([
      expected.status,
      answer.status >= 400 && answer.body,
    ])
    expect(answer.isWhole).toBe(!expected.isCut)
    if (expected.body !== undefined) expect(answer.body).toBe(expected.body)
    if (expected.code !== undefined) expect(codeOf(answer)).toBe(expected.code)
    if (expected.status >= 400)
      expect(JSON.parse(answer.body)).toEqual({
        error: expect.stringMatching(/./),
        message: expect.stringMatching(/^.{1,300}$/),
        code: expect.stringMatching(/./),
      })
    expect(Object.keys(answer.headers).filter((name) => !PASSED.includes(name))).toEqual([])
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': 'application/json',
    })
    for (const [name, value] of Object.entries(expected.headers ?? {}))
      expect([name, answer.headers[name]]).toEqual([name, value])
    expect(findLeak(JSON.stringify(log) + usage.metrics())).toBeUndefined()
    expect(upstream.deliveries).toHaveLength(1)
  })

  test.each([
    ['before a byte', ''],
    ['in the head', 'HTTP/1.1 200 OK\r\ncontent-ty'],
  ])('a connection that ends %s', async (_, text) => {
    const { ask } = await start()
    upstream.answer = (_, socket) => void socket.end(text)
    const answer = await ask()
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unreachable'])
  })

  test.each([
    ['of a length', `${LONG_HEAD}["${'a'.repeat(5_000)}`],
    ['of chunks', CHUNKED_HEAD + chunk(`["${'a'.repeat(5_000)}`)],
  ])('a body %s that breaks off is cut, not ended', async (_, text) => {
    const { ask } = await start()
    upstream.answer = (_, socket) => void socket.end(text)
    expect(await ask()).toMatchObject({ status: 200, isWhole: false })
  })

  test.each([
    ['of a short length', reply('["a", "b"]').slice(0, -5)],
    ['of a length', LONG_HEAD],
    ['of a length that comes whole', `${LONG_HEAD.replace('1000000', '65536')}["${'a'.repeat(5_000)}`],
    ['of chunks', CHUNKED_HEAD + chunk('["a')],
  ])('a body %s that breaks off before any of it was sent is an error', async (_, text) => {
    const { ask } = await start()
    upstream.answer = (_, socket) => void socket.end(text)
    const answer = await ask()
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unreachable'])
  })

  test('a head that does not come', async () => {
    const timers = manualTimers()
    const { ask } = await start({ timeout: 12_345, runtime: { setTimer: timers.setTimer } })
    upstream.answer = () => undefined
    const answer = ask()
    await upstream.arrived(1)
    timers.fire(12_345)
    expect([(await answer).status, codeOf(await answer)]).toEqual([504, 'upstream_timeout'])
    await upstream.idle()
  })

  test('a body that stalls', async () => {
    const timers = manualTimers()
    const { ask } = await start({ timeout: 12_345, runtime: { setTimer: timers.setTimer } })
    upstream.answer = () => CHUNKED_HEAD + chunk(`["${'a'.repeat(5_000)}`)
    const answer = ask()
    await upstream.arrived(1)
    // The timers are armed in the order of their need; the last one is that of the answer that is being sent.
    await until(() => [...timers.armed].filter(({ ms }) => ms === 12_345).length >= 2)
    timers.fire(12_345)
    expect((await answer).isWhole).toBe(false)
    await upstream.idle()
  })

  test('a body without end is cut at maxResponseBytes, and so is the connection to the API', async () => {
    const { ask } = await start()
    upstream.answer = (_, socket) => {
      const piece = chunk('a'.repeat(65_536))
      const pour = (): void => {
        while (socket.writable && socket.write(piece));
      }
      socket.on('drain', pour)
      socket.write(CHUNKED_HEAD)
      pour()
      return undefined
    }
    const answer = await ask()
    expect(answer).toMatchObject({ status: 200, isWhole: false })
    expect(answer.body.length).toBeLessThanOrEqual(2_000_000)
    await upstream.idle()
  })

  test('after a 429 the next one is refused without asking', async () => {
    const { ask } = await start()
    upstream.answer = () => reply('{}', { status: 429, headers: { 'retry-after': '60' } })
    expect((await ask()).status).toBe(429)
    const next = await ask({ target: PRIVATE, headers: { authorization: 'another' } })
    expect([next.status, codeOf(next)]).toEqual([429, 'rate_limited'])
    expect(Number(next.headers['retry-after'])).toBeGreaterThanOrEqual(59)
    expect(upstream.deliveries).toHaveLength(1)
  })

  test('a 401 is counted and logged, and is asked about again with a new key', async () => {
    const keys = [CANARY, `${CANARY}-new`]
    const { ask, usage } = await start({ apiKey: ({ rejected }) => (rejected ? keys[1] : keys[0]) as string })
    upstream.answer = ({ headers }) =>
      headers.some(([name, value]) => name === 'x-api-key' && value === keys[1])
        ? reply('[1]')
        : reply('{}', { status: 401 })
    expect((await ask()).body).toBe('[1]')
    expect(upstream.deliveries.map(({ headers }) => headers.find(([name]) => name === 'x-api-key')?.[1])).toEqual(keys)
    upstream.answer = () => reply(`{"message":"${keys[1]}"}`, { status: 401 })
    const answer = await ask({ target: PRIVATE })
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_auth'])
    expect(usage.metrics()).toContain('onebalance_proxy_upstream_auth_total 1\n')
    expect(log.map(({ event }) => event)).toEqual(['upstream_auth'])
    expect(findLeak(JSON.stringify(log))).toBeUndefined()
  })

  test('a key that cannot be had is the operator’s fault', async () => {
    const { ask } = await start({
      apiKey: () => {
        throw new Error(`the vault says ${CANARY}`)
      },
    })
    const answer = await ask()
    expect([answer.status, codeOf(answer)]).toEqual([503, 'proxy_configuration'])
    expect(log.map(({ event }) => event)).toEqual(['configuration'])
    expect(upstream.deliveries).toEqual([])
  })

  test('the sandbox behind it: a journey, a key that is revoked, a key for reads only', async () => {
    const sandbox = await startSandbox()
    try {
      const { ask, usage } = await start({ apiKey: () => sandbox.keys.full, baseURL: sandbox.url, ca: sandbox.ca })
      expect((await ask({ target: PUBLIC })).status).toBe(200)
      const refused = await ask({
        target: EXECUTE,
        method: 'POST',
        body: '{}',
        headers: { 'x-ob-call': 'a'.repeat(22) },
      })
      expect([refused.status, sandbox.executed.size]).toEqual([400, 0])
      sandbox.revoke(sandbox.keys.full)
      const answer = await ask({ target: PUBLIC })
      expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_auth'])
      expect(
        findLeak(answer.body + refused.body + JSON.stringify(log) + usage.metrics(), sandbox.keys.full),
      ).toBeUndefined()
      expect(sandbox.requests.map(({ status }) => status)).toEqual([200, 400, 401])
    } finally {
      await sandbox.close()
    }
  })

  test('what looks like a second answer to the caller is only text', async () => {
    const { port } = await start()
    upstream.answer = () => reply('["\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\n"]')
    const bytes = await talk(port, write({ headers: { connection: 'keep-alive' } }) + write({ target: PRIVATE }))
    expect(readAnswers(bytes).map(({ status }) => status)).toEqual([200, 200])
  })
})

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate)
}
