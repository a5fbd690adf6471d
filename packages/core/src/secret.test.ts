import { describe, expect, it, vi } from 'vitest'
import { findLeaks } from '../test/leaks.ts'
import { CANARY, json, rejection, stubClient, stubFetch } from '../test/transport.ts'
import { createVirtualClock } from '../test/virtual-clock.ts'
import {
  AuthenticationError,
  ConfigurationError,
  checkKey,
  createClient,
  type KeyFunction,
  type OneBalanceError,
  TimeoutError,
} from './index.ts'
import { createKeyRing } from './secret.ts'

const SECRET = 'Zq7-secret_Value/42+x='
const BAD_KEYS: readonly (readonly [why: string, key: unknown, fix: RegExp])[] = [
  ['empty', '', /no key/],
  ['spaces', '      ', /blank/],
  ['tabs and newlines', '\t\n\r\n', /blank/],
  ['LF at the end', `${SECRET}\n`, /at its end/],
  ['CRLF at the end', `${SECRET}\r\n`, /at its end/],
  ['space at the end', `${SECRET} `, /at its end/],
  ['space at the start', ` ${SECRET}`, /at its start/],
  ['BOM at the start', `\ufeff${SECRET}`, /at its start/],
  ['inner space', `${SECRET} ${SECRET}`, /white space/],
  ['inner CRLF', `${SECRET}\r\nx-evil: 1`, /control character/],
  ['inner LF', `${SECRET}\n${SECRET}`, /control character/],
  ['inner NUL', `${SECRET}\0${SECRET}`, /control character/],
  ['DEL', `${SECRET}\x7f`, /control character/],
  ['latin-1', `${SECRET}é`, /outside ASCII/],
  ['emoji', `${SECRET}😀`, /outside ASCII/],
  ['zero-width space', `${SECRET}\u200b${SECRET}`, /outside ASCII/],
  ['lone surrogate', `${SECRET}\ud800`, /outside ASCII/],
  ['YOUR_API_KEY', 'YOUR_API_KEY', /placeholder/],
  ['your-api-key', 'your-api-key', /placeholder/],
  ['your_onebalance_api_key', 'your_onebalance_api_key', /placeholder/],
  ['YOUR_ONEBALANCE_API_KEY_HERE', 'YOUR_ONEBALANCE_API_KEY_HERE', /placeholder/],
  ['<your-api-key>', '<your-api-key>', /placeholder/],
  ['<an-api-key-that-is-long>', '<an-api-key-that-is-long>', /placeholder/],
  ['{{ONEBALANCE_API_KEY}}', '{{ONEBALANCE_API_KEY}}', /placeholder/],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable that a shell or a CI file did not fill in
  ['${ONEBALANCE_API_KEY}', '${ONEBALANCE_API_KEY}', /placeholder/],
  ['insert-your-key-here', 'insert-your-key-here', /placeholder/],
  ['replace_me', 'replace_me', /placeholder/],
  ['changeme', 'changeme', /placeholder/],
  ['15 characters', 'a'.repeat(15), /too short/],
  ['513 characters', 'a'.repeat(513), /too long/],
  ['a number', 1234567890123456, /must be a string, not number/],
  ['a boolean', true, /must be a string, not boolean/],
  ['an object', { key: SECRET }, /must be a string, not object/],
  ['an array', [SECRET], /must be a string, not object/],
  ['a symbol', Symbol('key'), /must be a string, not symbol/],
]

describe('the format of a key', () => {
  it.each(BAD_KEYS)('%s: a literal fails at creation, a source at the first call', async (_, key, fix) => {
    const { fetch, sent } = stubFetch()
    let literal: unknown
    try {
      createClient({ apiKey: key as string, fetch })
    } catch (error) {
      literal = error
    }
    const source = await rejection(createClient({ apiKey: () => key as string, fetch }).assets.list())
    const checked = typeof key === 'string' && (await rejection(Promise.resolve().then(() => checkKey(key))))
    for (const error of checked ? [literal, source, checked] : [literal, source]) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ code: 'configuration', outcome: 'not_sent' })
      expect(findLeaks(error, SECRET)).toEqual([])
    }
    expect((source as Error).message).toMatch(fix)
    if (typeof key === 'string') expect((literal as Error).message).toMatch(fix)
    expect(sent).toHaveLength(0)
  })

  it('holds the wrong literal out of the message', () => {
    for (const [, key] of BAD_KEYS) {
      if (typeof key !== 'string' || key.trim() === '') continue
      expect(() => checkKey(key)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(key.trim()) }))
    }
  })

  it.each([
    ['16 characters', 'a'.repeat(16)],
    ['512 characters', 'a'.repeat(512)],
    ['every visible character', Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join('')],
    ['64 hex digits', '0123456789abcdef'.repeat(4)],
    ['a UUID', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
    ['a key that begins like a placeholder', 'mykingdom-for-a-horse-42'],
  ])('accepts %s', async (_, key) => {
    const { client, sent } = stubClient(undefined, { apiKey: key })
    await client.assets.list()
    expect(sent[0]?.headers.get('x-api-key')).toBe(key)
    expect(checkKey(key)).toBe(key)
  })

  it('refuses no key at the first call, and says what null means', async () => {
    const { client, sent } = stubClient(undefined, { apiKey: undefined })
    const error = await rejection(client.assets.list())
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toContain('null')
    expect(sent).toHaveLength(0)
  })

  it('sends none for null', async () => {
    const { client, sent } = stubClient(undefined, { apiKey: null })
    await client.assets.list()
    expect([...(sent[0]?.headers.keys() ?? [])]).not.toContain('x-api-key')
  })
})

describe('the key on the wire', () => {
  it('is one header, sent with each attempt', async () => {
    const { client, sent } = stubClient((_, index) => (index === 0 ? json({}, 503) : json([])))
    await client.assets.list()
    expect(sent).toHaveLength(2)
    for (const { init } of sent) {
      const names = [...new Headers(init.headers).keys()]
      expect(names.filter((name) => name === 'x-api-key')).toHaveLength(1)
      expect(new Headers(init.headers).get('x-api-key')).toBe(CANARY)
    }
  })

  it('goes into the header that the API names', async () => {
    const { client, sent } = stubClient()
    await client.request('POST', '/x', { body: {} })
    expect(sent[0]?.url).not.toContain(CANARY)
    expect(await sent[0]?.text()).not.toContain(CANARY)
  })

  it.each([
    'x-api-key',
    'X-API-KEY',
    'X-Api-Key',
    'host',
    'Host',
    'content-length',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'cookie',
    'proxy-authorization',
    'te',
    'trailer',
    'upgrade',
    'expect',
    'Proxy-Connection',
    'bad name',
    'bad\nname',
    '',
  ])('refuses the header %j, of a client and of a call', async (name) => {
    const { client, sent } = stubClient()
    const error = await rejection(client.assets.list(undefined, { headers: { [name]: 'value-that-is-secret' } }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).not.toContain('secret')
    expect(() => stubClient(undefined, { headers: { [name]: 'value' } })).toThrow(ConfigurationError)
    expect(sent).toHaveLength(0)
  })

  it.each(['a\r\nx-evil: 1', 'é', '\0', 7, null])('refuses the header value %j', async (value) => {
    const { client, sent } = stubClient()
    const headers = { 'x-trace': value as string }
    expect(await rejection(client.assets.list(undefined, { headers }))).toBeInstanceOf(ConfigurationError)
    expect(() => stubClient(undefined, { userAgent: value as string, ...(value === null && { headers }) })).toThrow(
      ConfigurationError,
    )
    expect(sent).toHaveLength(0)
  })

  it('lets other headers pass, those of the call before those of the client', async () => {
    const { client, sent } = stubClient(undefined, { headers: { 'X-Trace': 'client', 'x-other': '1' } })
    await client.assets.list(undefined, { headers: { 'x-trace': 'call' } })
    expect(sent[0]?.headers.get('x-trace')).toBe('call')
    expect(sent[0]?.headers.get('x-other')).toBe('1')
    expect(sent[0]?.headers.get('idempotency-key')).toBeNull()
  })
})

describe('a function as the source', () => {
  it.each<[string, KeyFunction]>([
    ['a value', () => CANARY],
    ['a promise', async () => CANARY],
  ])('may give %s, and is asked before each attempt', async (_, answer) => {
    const source = vi.fn(answer)
    const { client, sent } = stubClient((_sent, index) => (index === 0 ? json({}, 503) : json([])), { apiKey: source })
    await client.assets.list()
    expect(source.mock.calls).toEqual([[{ rejected: false }], [{ rejected: false }]])
    expect(sent[1]?.headers.get('x-api-key')).toBe(CANARY)
  })

  it.each<[string, KeyFunction]>([
    [
      'throws',
      () => {
        throw new Error('vault is sealed')
      },
    ],
    ['rejects', () => Promise.reject(new Error('vault is sealed'))],
  ])('that %s fails the call with it as cause', async (_, apiKey) => {
    const { client, sent } = stubClient(undefined, { apiKey })
    const error = await rejection<OneBalanceError>(client.assets.list())
    expect(error).toMatchObject({ code: 'configuration', outcome: 'not_sent', cause: { message: 'vault is sealed' } })
    expect(sent).toHaveLength(0)
  })

  it('that throws an error of this library fails the call with that', async () => {
    const own = new ConfigurationError({ message: 'ONEBALANCE_API_KEY is not set' })
    const { client } = stubClient(undefined, {
      apiKey: () => {
        throw own
      },
    })
    expect(await rejection(client.assets.list())).toBe(own)
  })

  it('that hangs ends the call within its timeout, with nothing sent', async () => {
    const clock = createVirtualClock()
    const source = vi.fn(() => new Promise<string>(() => {}))
    const { client, sent } = stubClient(undefined, { apiKey: source, runtime: clock.runtime, timeout: 1_000 })
    const call = rejection<TimeoutError>(client.assets.list())
    await clock.advance(999)
    expect(source).toHaveBeenCalledTimes(1)
    await clock.advance(1)
    const error = await call
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ scope: 'attempt', outcome: 'not_sent' })
    expect(error.message).toContain('key')
    expect(sent).toHaveLength(0)
    expect(clock.pending).toBe(0)
  })
})

describe('after a 401', () => {
  const OLD = `${CANARY}-old`
  const NEW = `${CANARY}-new`
  const acceptsOnly =
    (key: string) =>
    ({ headers }: { headers: Headers }) =>
      headers.get('x-api-key') === key ? json([]) : json({ error: 'Unauthorized', message: 'bad', code: 401 }, 401)

  it('asks once, and tries a different key once', async () => {
    const source = vi.fn<KeyFunction>(({ rejected }) => (rejected ? NEW : OLD))
    const { client, sent } = stubClient(acceptsOnly(NEW), { apiKey: source })
    const { response } = await client.assets.list().withResponse()
    expect(sent.map(({ headers }) => headers.get('x-api-key'))).toEqual([OLD, NEW])
    expect(source.mock.calls.map(([{ rejected }]) => rejected)).toEqual([false, true, false])
    expect(response.attempts.map(({ status }) => status)).toEqual([401, 200])
    // The source still gives the old key, and is not asked about it again.
    await client.assets.list()
    expect(sent).toHaveLength(3)
  })

  it('gives up when the new key is refused too', async () => {
    let count = 0
    const source = vi.fn<KeyFunction>(() => `${CANARY}-${count++}`)
    const { client, sent } = stubClient(acceptsOnly('none'), { apiKey: source })
    const error = await rejection<OneBalanceError>(client.assets.list())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.attempts).toHaveLength(2)
    expect(sent).toHaveLength(2)
    expect(source.mock.calls.filter(([{ rejected }]) => rejected)).toHaveLength(1)
  })

  it.each<[string, KeyFunction]>([
    ['gives the same', () => OLD],
    ['gives a bad one', ({ rejected }) => (rejected ? '' : OLD)],
    ['fails', ({ rejected }) => (rejected ? Promise.reject(new Error('sealed')) : OLD)],
  ])('does not try again when the source %s', async (_, answer) => {
    const source = vi.fn(answer)
    const { client, sent } = stubClient(acceptsOnly(NEW), { apiKey: source })
    const error = await rejection<OneBalanceError>(client.assets.list())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ status: 401, outcome: 'rejected', stopped: 'not_retryable' })
    expect(sent).toHaveLength(1)
    expect(source.mock.calls.filter(([{ rejected }]) => rejected)).toHaveLength(1)
  })

  it('does not ask about a literal', async () => {
    const { client, sent } = stubClient(acceptsOnly(NEW))
    expect(await rejection(client.assets.list())).toBeInstanceOf(AuthenticationError)
    expect(sent).toHaveLength(1)
  })

  it('a once call is tried with the new key too, since a 401 comes before anything is done', async () => {
    const { client, sent } = stubClient(acceptsOnly(NEW), { apiKey: ({ rejected }) => (rejected ? NEW : OLD) })
    await client.request('POST', '/x', { body: { a: 1 } })
    expect(await Promise.all(sent.map((one) => one.text()))).toEqual(['{"a":1}', '{"a":1}'])
  })

  it.each([
    ['has another key', NEW, 100],
    ['has the same key', OLD, 0],
  ])('100 calls rejected at once are one question, where the source %s', async (_, next, successes) => {
    let isReady = false
    const source = vi.fn<KeyFunction>(async ({ rejected }) => (rejected || isReady ? next : OLD))
    const { client } = stubClient(acceptsOnly(NEW), { apiKey: source })
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => client.assets.list()))
    isReady = true
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(successes)
    expect(source.mock.calls.filter(([{ rejected }]) => rejected)).toHaveLength(1)
  })

  it.each([
    ['another key', NEW],
    ['the same key', OLD],
  ])('a rejection that arrives after the source gave %s does not ask again', async (_, next) => {
    const source = vi.fn<KeyFunction>(({ rejected }) => (rejected ? next : OLD))
    const releases: (() => void)[] = []
    const { client } = stubClient(
      (sent) =>
        sent.headers.get('x-api-key') === NEW
          ? json([])
          : new Promise((resolve) => releases.push(() => resolve(acceptsOnly(NEW)(sent)))),
      { apiKey: source },
    )
    const calls = Array.from({ length: 5 }, () => client.assets.list().catch(() => {}))
    await vi.waitFor(() => expect(releases).toHaveLength(5))
    for (const [index, release] of releases.entries()) {
      release()
      await calls[index]
    }
    const questions = () => source.mock.calls.filter(([{ rejected }]) => rejected).length
    expect(questions()).toBe(1)
    // A call that begins later asks again where nothing better is known.
    const later = client.assets.list().catch(() => {})
    await vi.waitFor(() => expect(releases.length === 6 || next === NEW).toBe(true))
    releases[5]?.()
    await later
    expect(questions()).toBe(next === NEW ? 1 : 2)
  })

  it('follows a source through several rotations', async () => {
    const next = [`${CANARY}-1`, `${CANARY}-2`]
    const ring = createKeyRing(({ rejected }) => (rejected ? (next.shift() as string) : `${CANARY}-0`))
    expect(await ring.ask()).toBe(`${CANARY}-0`)
    expect(await ring.replace(`${CANARY}-0`)).toBe(`${CANARY}-1`)
    expect(await ring.ask()).toBe(`${CANARY}-1`)
    expect(await ring.replace(`${CANARY}-1`)).toBe(`${CANARY}-2`)
    expect(await ring.ask()).toBe(`${CANARY}-2`)
  })

  it('lets a source go back to a key that it had replaced', async () => {
    const answers = [`${CANARY}-a`, `${CANARY}-b`, `${CANARY}-a`, `${CANARY}-b`, `${CANARY}-a`]
    const ring = createKeyRing(() => answers.shift() as string)
    expect(await ring.ask()).toBe(`${CANARY}-a`)
    expect(await ring.replace(`${CANARY}-a`)).toBe(`${CANARY}-b`)
    expect(await ring.ask()).toBe(`${CANARY}-b`)
    expect(await ring.ask()).toBe(`${CANARY}-b`)
    expect(await ring.replace(`${CANARY}-b`)).toBe(`${CANARY}-a`)
  })
})

describe('redaction', () => {
  const KEY = 'aB3/x"y\\z+Q=0123456789'

  it.each([
    ['plain', `key ${KEY}!`],
    ['twice', `${KEY}${KEY}`],
    ['as JSON', JSON.stringify({ key: KEY })],
    ['as JSON in JSON', JSON.stringify({ inner: JSON.stringify({ key: KEY }) })],
    ['with escaped slashes', JSON.stringify({ key: KEY }).replaceAll('/', '\\/')],
    ['as \\u escapes', `"${[...KEY].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')}"`],
    [
      'as \\u escapes in capitals',
      `"${[...KEY].map((c) => `\\u00${c.charCodeAt(0).toString(16).toUpperCase()}`).join('')}"`,
    ],
    ['partly escaped', `"a\\u0042${JSON.stringify(KEY.slice(2)).slice(1)}`],
    ['as a name', JSON.stringify({ [KEY]: 1 })],
    ['after a backslash', JSON.stringify({ path: `C:\\${KEY}` })],
  ])('finds a key %s', (_, text) => {
    const redacted = createKeyRing(KEY).redact(text)
    expect(redacted).toContain('[redacted]')
    expect(findLeaks(redacted, KEY)).toEqual([])
    if (/^["{]/.test(text)) expect(findLeaks(JSON.parse(redacted), KEY)).toEqual([])
  })

  it('leaves all else as it is', () => {
    const text = JSON.stringify({ a: '\\u0061', b: 'C:\\x', c: '\n"', d: KEY.slice(0, -1) })
    expect(createKeyRing(KEY).redact(text)).toBe(text)
  })

  it('is fast on a body that is made to be slow', () => {
    const ring = createKeyRing(KEY)
    const text = '\\'.repeat(1_000_000) + 'a\\u0061'.repeat(100_000) + KEY.slice(0, -1).repeat(10_000)
    expect(ring.redact(text).length).toBe(text.length)
  }, 2_000)

  it('knows every key that a source gave', async () => {
    const keys = [`${CANARY}-a`, `${CANARY}-b`]
    const ring = createKeyRing(({ rejected }) => keys[rejected ? 1 : 0] as string)
    await ring.ask()
    await ring.replace(keys[0] as string)
    expect(ring.redact(keys.join(' '))).toBe('[redacted] [redacted]')
  })

  it('does not forget a key because another is given often', async () => {
    const answers = [`${CANARY}-a`, ...Array.from({ length: 100 }, () => `${CANARY}-b`)]
    const ring = createKeyRing(() => answers.shift() as string)
    for (let count = 0; count < 100; count += 1) await ring.ask()
    expect(ring.redact(`${CANARY}-a`)).toBe('[redacted]')
  })

  it('has nothing to do without a key', () => {
    expect(createKeyRing(null).redact('a')).toBe('a')
  })
})
