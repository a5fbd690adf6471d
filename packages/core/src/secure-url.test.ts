import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { CANARY, env, json, rejection, stubFetch } from '../test/transport.ts'
import { createClient, InsecureUrlError, isLoopback, isOneBalanceError } from './index.ts'
import { checkFinalURL } from './secure-url.ts'

const HOST = 'https://be.onebalance.io'

/** Makes a client for a base and calls a path, and tells what the transport and the key source saw of it. */
async function tryURL(baseURL: unknown, path = '/api/assets/list', allowInsecureLoopback = false) {
  const { fetch, sent } = stubFetch()
  const apiKey = vi.fn(() => CANARY)
  let error: unknown
  try {
    const client = createClient({ apiKey, fetch, baseURL: baseURL as string, allowInsecureLoopback, retry: false })
    await client.request('GET', path)
  } catch (caught) {
    error = caught
  }
  return { error, sent, urls: sent.map(({ url }) => url), keyQuestions: apiKey.mock.calls.length }
}

const REFUSED_BASES: readonly (readonly [why: string, baseURL: unknown])[] = [
  ['http', 'http://be.onebalance.io'],
  ['http in capitals', 'HTTP://be.onebalance.io'],
  ['http in mixed case', 'hTtP://be.onebalance.io'],
  ['http at the https port', 'http://be.onebalance.io:443'],
  ['leading space', ` ${HOST}`],
  ['trailing space', `${HOST} `],
  ['trailing LF', `${HOST}\n`],
  ['trailing CRLF', `${HOST}\r\n`],
  ['leading BOM', `\ufeff${HOST}`],
  ['leading NUL', `\0${HOST}`],
  ['tab in the scheme', 'ht\ttps://be.onebalance.io'],
  ['tab in the host', 'https://be.one\tbalance.io'],
  ['newline in the host', 'https://be.one\nbalance.io'],
  ['newline before the slashes', 'https:\n//be.onebalance.io'],
  ['no scheme', 'be.onebalance.io'],
  ['no scheme, with a port', 'be.onebalance.io:443'],
  ['protocol-relative', '//be.onebalance.io'],
  ['empty', ''],
  ['scheme only', 'https://'],
  ['scheme and port only', 'https://:443'],
  ['one slash', 'https:/be.onebalance.io'],
  ['no slash', 'https:be.onebalance.io'],
  ['three slashes', 'https:///be.onebalance.io'],
  ['backslashes', 'https:\\\\be.onebalance.io'],
  ['slash and backslash', 'https:/\\be.onebalance.io'],
  ['backslash before another host', 'https://be.onebalance.io\\@evil.test'],
  ['backslash in the path', `${HOST}\\evil`],
  ['ws', 'ws://be.onebalance.io'],
  ['wss', 'wss://be.onebalance.io'],
  ['ftp', 'ftp://be.onebalance.io'],
  ['file', 'file:///etc/passwd'],
  ['data', 'data:text/plain,hello'],
  ['javascript', 'javascript:alert(1)'],
  ['blob', `blob:${HOST}/1`],
  ['look-alike scheme', 'httpss://be.onebalance.io'],
  ['user and password', 'https://user:hunter2secret@be.onebalance.io'],
  ['user', 'https://user@be.onebalance.io'],
  ['empty user', 'https://@be.onebalance.io'],
  ['a host as user info', 'https://be.onebalance.io@evil.test'],
  ['a host and port as user info', 'https://be.onebalance.io:443@evil.test'],
  ['an encoded @', 'https://be.onebalance.io%40evil.test'],
  ['query', `${HOST}?a=1`],
  ['empty query', `${HOST}?`],
  ['fragment', `${HOST}#a`],
  ['empty fragment', `${HOST}/#`],
  ['raw unicode host', 'https://bé.onebalance.io'],
  ['cyrillic look-alike', 'https://be.\u043enebalance.io'],
  ['fullwidth host', 'https://\uff42e.onebalance.io'],
  ['ideographic full stop', 'https://be\u3002onebalance.io'],
  ['soft hyphen', 'https://be.one\u00adbalance.io'],
  ['zero-width joiner', 'https://be.one\u200dbalance.io'],
  ['encoded dot in the host', 'https://be%2eonebalance.io'],
  ['encoded letter in the host', 'https://b%65.onebalance.io'],
  ['broken punycode', 'https://xn--a.onebalance.io'],
  ['trailing dot', 'https://be.onebalance.io.'],
  ['two trailing dots', 'https://be.onebalance.io..'],
  ['trailing dot and port', 'https://be.onebalance.io.:443'],
  ['IPv4 in octal', 'https://0177.0.0.1'],
  ['IPv4 in hex', 'https://0x7f.0.0.1'],
  ['IPv4 as one hex number', 'https://0x7f000001'],
  ['IPv4 as an integer', 'https://2130706433'],
  ['IPv4 shortened', 'https://127.1'],
  ['IPv4 with leading zeros', 'https://127.0.0.01'],
  ['IPv4 out of range', 'https://256.0.0.1'],
  ['IPv6 written long', 'https://[0:0:0:0:0:0:0:1]'],
  ['mapped IPv4', 'https://[::ffff:127.0.0.1]'],
  ['mapped IPv4 in hex', 'https://[::ffff:7f00:1]'],
  ['IPv6 with a zone', 'https://[fe80::1%25eth0]'],
  ['IPv6 without brackets', 'https://::1'],
  ['port 0', `${HOST}:0`],
  ['port out of range', `${HOST}:99999`],
  ['port with leading zeros', `${HOST}:0443`],
  ['empty port', `${HOST}:`],
  ['port that is none', `${HOST}:44a`],
  ['dot segment', `${HOST}/./a`],
  ['dot-dot segment', `${HOST}/a/..`],
  ['encoded dot-dot segment', `${HOST}/a/%2e%2E`],
  ['half-encoded dot-dot segment', `${HOST}/.%2e/a`],
  ['empty segment', `${HOST}//a`],
  ['empty segment inside', `${HOST}/a//b`],
  ['two trailing slashes', `${HOST}//`],
  ['two trailing slashes after a prefix', `${HOST}/a//`],
  ['encoded slash in the prefix', `${HOST}/a%2fb`],
  ['space in the prefix', `${HOST}/a b`],
  ['a number', 42],
  ['an array', [HOST]],
  ['an object', { href: HOST }],
  ['false', false],
  ['a URL object with http', new URL('http://be.onebalance.io')],
  ['a URL object with a password', new URL('https://user:hunter2secret@be.onebalance.io')],
  ['loopback http without the opt-in', 'http://127.0.0.1:3000'],
]

/** Refused with `allowInsecureLoopback: true` too. */
const NOT_LOOPBACK: readonly string[] = [
  'http://be.onebalance.io',
  'http://127.0.0.1.evil.test',
  'http://127.0.0.1.nip.io',
  'http://localhost.evil.test',
  'http://evil-localhost',
  'http://evil.localhost.test',
  'http://notlocalhost',
  'http://127.0.0.1@evil.test',
  'http://localhost:3000@evil.test',
  'http://localhost.',
  'http://localhost%2eevil.test',
  'http://loc\u0430lhost',
  'http://localhost\\.evil.test',
  'http://127.1',
  'http://0177.0.0.1',
  'http://0x7f000001',
  'http://2130706433',
  'http://0.0.0.0',
  'http://0',
  'http://128.0.0.1',
  'http://10.0.0.1',
  'http://169.254.169.254',
  'http://[::]',
  'http://[::2]',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[::127.0.0.1]',
  'http://localhost:0',
  'ws://localhost',
]

const REFUSED_PATHS: readonly (readonly [why: string, path: unknown])[] = [
  ['absolute https', 'https://evil.test/x'],
  ['absolute http', 'http://be.onebalance.io/x'],
  ['protocol-relative', '//evil.test'],
  ['three slashes', '///evil.test'],
  ['slash and backslash', '/\\evil.test'],
  ['two backslashes', '\\\\evil.test'],
  ['tab first', '\t//evil.test'],
  ['tab inside', '/\t/evil.test'],
  ['newline inside', '/a\nb'],
  ['NUL', '/a\0b'],
  ['DEL', '/a\x7fb'],
  ['no slash', 'api/assets/list'],
  ['user info', '@evil.test/x'],
  ['a host that continues', '.evil.test/x'],
  ['a port that continues', ':8443/x'],
  ['empty', ''],
  ['dot segment', '/api/./x'],
  ['dot-dot segment', '/api/../admin'],
  ['dot-dot at the end', '/api/..'],
  ['encoded dot-dot', '/api/%2e%2e/admin'],
  ['encoded in capitals', '/api/%2E%2E/admin'],
  ['half-encoded dot-dot', '/api/.%2e/admin'],
  ['encoded dot', '/api/%2e/x'],
  ['dot-dot with a parameter', '/api/..;/admin'],
  ['encoded slash', '/api/a%2fb'],
  ['encoded slash in capitals', '/api/a%2Fb'],
  ['encoded backslash', '/api/a%5cb'],
  ['encoded NUL', '/api/a%00b'],
  ['encoded LF', '/api/a%0ab'],
  ['double encoding', '/api/%252e%252e/admin'],
  ['stray percent', '/api/100%'],
  ['broken percent', '/api/%zz'],
  ['empty segment', '/api//assets'],
  ['fragment', '/api/x#y'],
  ['query', '/api/x?y=1'],
  ['space', '/api/a b'],
  ['raw unicode', '/api/é'],
  ['lone surrogate', '/api/\ud800'],
  ['a number', 42],
  ['null', null],
  ['a URL object', new URL('https://evil.test/x')],
]

describe('the HTTPS check', () => {
  it.each(REFUSED_BASES)('refuses a base: %s', async (_, baseURL) => {
    const { error, sent, keyQuestions } = await tryURL(baseURL)
    expect(error).toBeInstanceOf(InsecureUrlError)
    expect(error).toMatchObject({ code: 'insecure_url', outcome: 'not_sent', hint: expect.stringMatching(/./) })
    expect(JSON.stringify(error)).not.toContain('hunter2')
    expect(sent).toHaveLength(0)
    expect(keyQuestions).toBe(0)
  })

  it.each(NOT_LOOPBACK)('refuses %j with allowInsecureLoopback too', async (baseURL) => {
    const { error, sent, keyQuestions } = await tryURL(baseURL, '/x', true)
    expect(error).toBeInstanceOf(InsecureUrlError)
    expect([sent.length, keyQuestions]).toEqual([0, 0])
  })

  it.each(REFUSED_PATHS)('refuses a path: %s', async (_, path) => {
    const { error, sent, keyQuestions } = await tryURL(HOST, path as string)
    expect(error).toBeInstanceOf(InsecureUrlError)
    expect([sent.length, keyQuestions]).toEqual([0, 0])
  })

  it.each([
    ['plain', HOST, `${HOST}/api/assets/list`],
    ['one trailing slash', `${HOST}/`, `${HOST}/api/assets/list`],
    ['capitals', 'HTTPS://BE.OneBalance.IO', `${HOST}/api/assets/list`],
    ['a written default port', `${HOST}:443`, `${HOST}/api/assets/list`],
    ['another port', `${HOST}:8443`, `${HOST}:8443/api/assets/list`],
    ['http port on https', `${HOST}:80`, `${HOST}:80/api/assets/list`],
    ['a prefix', `${HOST}/v1/gateway`, `${HOST}/v1/gateway/api/assets/list`],
    ['a prefix and a slash', `${HOST}/gateway/`, `${HOST}/gateway/api/assets/list`],
    ['an encoded prefix', `${HOST}/a%20b`, `${HOST}/a%20b/api/assets/list`],
    ['punycode', 'https://xn--b-bga.example', 'https://xn--b-bga.example/api/assets/list'],
    ['an IPv4 address', 'https://192.0.2.1', 'https://192.0.2.1/api/assets/list'],
    ['an IPv6 address', 'https://[2001:db8::1]:8443', 'https://[2001:db8::1]:8443/api/assets/list'],
    ['loopback over https', 'https://localhost:3000', 'https://localhost:3000/api/assets/list'],
    ['a URL object', new URL(`${HOST}/gateway`), `${HOST}/gateway/api/assets/list`],
  ])('accepts a base: %s', async (_, baseURL, url) => {
    expect(await tryURL(baseURL)).toMatchObject({ error: undefined, urls: [url] })
  })

  it.each([
    'http://localhost',
    'http://LOCALHOST:80/',
    'http://127.0.0.1:3000',
    'http://127.255.255.254',
    'http://[::1]:8080',
  ])('accepts %s only with allowInsecureLoopback', async (baseURL) => {
    const refused = await tryURL(baseURL)
    expect(refused.error).toBeInstanceOf(InsecureUrlError)
    expect(String(refused.error)).toContain('allowInsecureLoopback')
    expect(refused.sent).toHaveLength(0)
    const { error, sent } = await tryURL(baseURL, '/x', true)
    expect(error).toBeUndefined()
    expect(sent.map(({ url }) => new URL(url).protocol)).toEqual(['http:'])
  })

  it.each(['true', 1, {}])('takes only `true` as the opt-in, not %j', (value) => {
    expect(() =>
      createClient({ apiKey: null, baseURL: 'http://localhost', allowInsecureLoopback: value as unknown as boolean }),
    ).toThrow(InsecureUrlError)
  })

  it.each(['/', '/api/assets/list/', "/api/a'b(c)*d!~_.-$&+,;=:@", '/api/%20%C3%A9', '/api/..a/...'])(
    'sends a path as it is written: %s',
    async (path) => {
      expect((await tryURL(HOST, path)).urls).toEqual([HOST + path])
    },
  )

  it('says what to do about a prefix that the paths have already', async () => {
    const { error, sent } = await tryURL(`${HOST}/api`)
    expect(isOneBalanceError(error) && error.message).toMatch(/must not end in \/api.*Leave it out/)
    expect(sent).toHaveLength(0)
  })

  it.each<[unknown, RegExp]>([
    ['be.onebalance.io', /no scheme.*"https:\/\/"/],
    ['be.onebalance.io:443', /no scheme/],
    ['https:be.onebalance.io', /no "\/\/" after its scheme/],
    ['ws://be.onebalance.io', /another scheme/],
    [`${HOST}\n`, /white space/],
    [`${HOST}/a b`, /a character that a URL cannot/],
    ['https://user:hunter2@be.onebalance.io', /user info.*apiKey/],
    [`${HOST}?a=1`, /query/],
    ['https://127.1', /plain form/],
    [`${HOST}.`, /dot/],
    [`${HOST}:0`, /port 0/],
    ['https://[::ffff:7f00:1]', /mapped/],
    ['http://be.onebalance.io', /is not https.*needs https/],
    ['http://localhost', /is not https.*allowInsecureLoopback: true/],
    [`${HOST}//`, /prefix must not hold "\/\/"/],
    [7, /must be a URL/],
  ])('says what is wrong with %s, and what to do', async (baseURL, message) => {
    const { error } = await tryURL(baseURL)
    expect(error).toMatchObject({ message: expect.stringMatching(message) })
  })

  it.each<[unknown, RegExp]>([
    ['api', /start with "\/"/],
    ['//a', /"\/\/"/],
    ['/a b', /encodeURIComponent/],
    ['/a?b', /`query`/],
    ['/a%', /encodes nothing/],
    ['/a%2f', /encoded slash/],
    ['/..', /segments/],
  ])('says what is wrong with the path %s', async (path, message) => {
    expect((await tryURL(HOST, path as string)).error).toMatchObject({ message: expect.stringMatching(message) })
  })

  it('reads a base that changes between reads once, and keeps it', async () => {
    const { fetch, sent } = stubFetch()
    const reads = vi.fn(() => (reads.mock.calls.length === 1 ? HOST : 'http://evil.test'))
    const options = Object.defineProperty({ apiKey: CANARY, fetch, headers: {} }, 'baseURL', {
      get: reads,
      enumerable: true,
      configurable: true,
    })
    const client = createClient(options)
    Object.defineProperty(options, 'baseURL', { value: 'http://evil.test' })
    Object.assign(options.headers, { 'x-late': '1' })
    await client.request('GET', '/x')
    expect(reads).toHaveBeenCalledTimes(1)
    expect(sent[0]?.url).toBe(`${HOST}/x`)
    expect(sent[0]?.headers.has('x-late')).toBe(false)
  })

  it('asks a transport never to follow a redirect', async () => {
    const { sent } = await tryURL(HOST)
    expect(sent[0]?.init.redirect).toBe('manual')
  })

  it('checks the final URL once more, whatever made it', () => {
    const base = { origin: HOST, prefix: '' }
    expect(() => checkFinalURL(`${HOST}/api/x?a=1`, base)).not.toThrow()
    for (const url of [
      'https://evil.test/api/x',
      'http://be.onebalance.io/api/x',
      `${HOST}:8443/api/x`,
      `${HOST}.evil.test/api/x`,
      'https://user@be.onebalance.io/api/x',
      'https://:hunter2@be.onebalance.io/api/x',
      `${HOST}/api/../x`,
      `${HOST}\\x`,
      `${HOST}/a b`,
      `${HOST}/a\tb`,
      'no URL',
      '',
    ])
      expect(() => checkFinalURL(url, base)).toThrow(InsecureUrlError)
  })

  it('knows loopback by its parsed name', () => {
    for (const name of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]']) expect(isLoopback(name)).toBe(true)
    for (const name of ['localhost.', '127.0.0.1.evil.test', '[::]', '', 'xlocalhost'])
      expect(isLoopback(name)).toBe(false)
  })
})

describe('whatever base and path are given', () => {
  const scheme = fc.constantFrom('https://', 'http://', 'HTTPS://', 'https:', 'https:\\\\', 'http:/', '//', 'ws://', '')
  const host = fc.oneof(
    fc.constantFrom('be.onebalance.io', 'localhost', '127.0.0.1', '[::1]', '2130706433', '0x7f.1', '[::ffff:7f00:1]'),
    fc.domain(),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
    fc.string({ unit: 'binary', maxLength: 12 }),
  )
  const glue = fc.constantFrom(
    '',
    '.',
    '@',
    ':',
    ':80',
    ':443',
    ':0',
    '\\',
    '%2e',
    '%40',
    '\t',
    '\n',
    '#',
    '?',
    '/',
    '//',
  )
  const segment = fc.oneof(
    fc.constantFrom(
      'a',
      'api',
      '..',
      '.',
      '%2e%2e',
      '%2f',
      '%5C',
      '%00',
      '\\',
      '\t',
      '',
      '@evil.test',
      ':80',
      '?',
      '#',
      ';',
    ),
    fc.webSegment(),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  const parts = fc.array(segment, { maxLength: 5 }).map((list) => list.join('/'))
  const base = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(HOST, `${HOST}/v1`, 'http://localhost:3000', 'https://192.0.2.1:8443') },
    {
      weight: 5,
      arbitrary: fc
        .tuple(scheme, host, glue, fc.constantFrom('', 'evil.test', '/v1'), parts)
        .map((all) => all.join('')),
    },
    { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
  )
  const path = fc.oneof(
    { weight: 5, arbitrary: parts.map((text) => `/${text}`) },
    { weight: 2, arbitrary: parts },
    { weight: 1, arbitrary: fc.webUrl() },
  )

  it(
    'nothing leaves over http to another machine, or to another origin than the base',
    async () => {
      const isLong = env('OB_LONG') === '1'
      const seed = Math.trunc(Date.now() % 2 ** 31)
      const numRuns = isLong ? 1_000_000 : 10_000
      let sentCount = 0
      await fc.assert(
        fc.asyncProperty(base, path, fc.boolean(), async (baseURL, target, allowInsecureLoopback) => {
          let error: unknown
          const urls: string[] = []
          let keyQuestions = 0
          try {
            const client = createClient({
              apiKey: () => {
                keyQuestions += 1
                return CANARY
              },
              baseURL,
              allowInsecureLoopback,
              retry: false,
              fetch: async (url) => {
                urls.push(url)
                return json([])
              },
            })
            await client.request('GET', target)
          } catch (caught) {
            error = caught
          }
          sentCount += urls.length
          if (urls.length === 0) return isOneBalanceError(error) && keyQuestions === 0
          const [sentTo, meant] = [new URL(urls[0] as string), new URL(baseURL)]
          const isPlain = sentTo.protocol !== 'https:'
          return (
            urls.length === 1 &&
            sentTo.origin === meant.origin &&
            sentTo.username === '' &&
            urls[0] === sentTo.href &&
            sentTo.pathname === meant.pathname.replace(/\/$/, '') + target &&
            (!isPlain ||
              (allowInsecureLoopback && /^http:\/\/(localhost|127\.[\d.]+|\[::1\])(:\d+)?\//i.test(sentTo.href)))
          )
        }),
        { numRuns, seed },
      )
      if (isLong) console.log(`HTTPS check: ${numRuns} bases and paths with seed ${seed}, ${sentCount} of them sent`)
      // A property that refuses everything would prove nothing.
      expect(sentCount).toBeGreaterThan(numRuns / 50)
    },
    env('OB_LONG') === '1' ? 30 * 60_000 : 60_000,
  )

  it('says what is wrong in an error that is not shared', async () => {
    const errors = await Promise.all(
      ['//a', '//a'].map((target) => rejection(createClient({ apiKey: null }).request('GET', target))),
    )
    expect(errors[0]).not.toBe(errors[1])
  })
})
