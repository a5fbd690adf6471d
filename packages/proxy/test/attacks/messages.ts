// Heads and bodies: what must not reach the API, and messages that end in two places.
import { type Attack, BY_PARSER, get, post } from './attack.ts'

const PATH = '/onebalance/api/assets/list'

/** Headers of a caller that stop here; the runner looks at all that the API got. */
const STOPPED: readonly (readonly [name: string, value: string | readonly string[]])[] = [
  ['x-api-key', 'a-key-of-my-own-choice'],
  ['X-API-KEY', 'a-key-of-my-own-choice'],
  ['X-Api-Key', ['a-key-of-my-own-choice', 'and-another-one-of-them']],
  ['x_api_key', 'a-key-of-my-own-choice'],
  ['authorization', ['somebody', 'Bearer somebody-else']],
  ['proxy-authorization', 'Basic YTpi'],
  ['cookie', 'session=1'],
  ['x-forwarded-for', '1.2.3.4'],
  ['x-forwarded-host', 'evil.example'],
  ['x-forwarded-proto', 'https'],
  ['forwarded', 'for=1.2.3.4;host=evil.example'],
  ['x-real-ip', '127.0.0.1'],
  ['x-original-url', '/onebalance/api/admin'],
  ['x-rewrite-url', '/onebalance/api/admin'],
  ['x-http-method-override', 'DELETE'],
  ['x-http-method', 'DELETE'],
  ['x-method-override', 'DELETE'],
  ['idempotency-key', '1'],
  ['range', 'bytes=0-1'],
  ['if-none-match', '*'],
  ['te', 'trailers'],
  ['trailer', 'x-api-key'],
  ['keep-alive', 'timeout=1'],
  ['tracestate', 'a=1'],
  ['baggage', 'a=1'],
  ['traceparent', 'nonsense'],
  ['accept', `text/html, ${'a'.repeat(1_000)}`],
  ['accept-language', '\xff\xfe'],
  ['user-agent', 'evil'],
  ['upgrade', 'websocket'],
  ['http2-settings', 'AAMAAABkAAQCAAAAAAIAAAAA'],
]

const stopped: readonly Attack[] = STOPPED.map(([name, value]) => ({
  name: `${name}: ${value}`,
  bytes: get(PATH, { [name]: value }),
  status: [200],
  upstream: 1,
}))

const upgrades: readonly Attack[] = [
  {
    name: 'an upgrade to WebSocket is answered as any request',
    bytes: get(PATH, {
      connection: 'close, upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }),
    status: [200],
    upstream: 1,
    headers: { upgrade: undefined },
  },
  {
    name: 'an upgrade to HTTP/2 is answered as any request',
    bytes: get(PATH, { connection: 'close, upgrade, http2-settings', upgrade: 'h2c' }),
    status: [200],
    upstream: 1,
    headers: { upgrade: undefined },
  },
  {
    name: 'Connection names headers of the proxy',
    bytes: get(PATH, { connection: 'close, x-ob-client, authorization, x-api-key' }),
    status: [200],
    upstream: 1,
  },
]

/** Its Host is written out, so that its length is known. */
const SMUGGLED = get(PATH, { host: 'localhost', 'x-ob-client': 'smuggled' })

/** Messages of which one reader sees one request and another two. A second answer would be the smuggled one. */
const FRAMES: readonly (readonly [name: string, bytes: string])[] = [
  ['both lengths', post({ 'transfer-encoding': 'chunked', 'content-length': '4' }, { body: `0\r\n\r\n${SMUGGLED}` })],
  [
    'both lengths, the other way round',
    post({ 'content-length': '4', 'transfer-encoding': 'chunked' }, { body: `0\r\n\r\n${SMUGGLED}` }),
  ],
  ['two lengths that differ', post({ 'content-length': ['7', '0'] }, { body: `{"a":1}${SMUGGLED}` })],
  ['two lengths that are the same', post({ 'content-length': ['7', '7'] })],
  ['a list of lengths', post({ 'content-length': '7, 7' })],
  ['a negative length', post({ 'content-length': '-7' })],
  ['a length with a sign', post({ 'content-length': '+7' })],
  ['a length in hex', post({ 'content-length': '0x7' })],
  ['a length that is no number', post({ 'content-length': 'seven' })],
  ['an empty length', post({ 'content-length': '' })],
  ['a length past 64 bits', post({ 'content-length': '99999999999999999999999' })],
  ['TE: xchunked', post({ 'transfer-encoding': 'xchunked' }, { body: `0\r\n\r\n${SMUGGLED}` })],
  ['TE: chunked twice', post({ 'transfer-encoding': ['chunked', 'chunked'] }, { body: `0\r\n\r\n${SMUGGLED}` })],
  ['TE: chunked, identity', post({ 'transfer-encoding': 'chunked, identity' }, { body: `0\r\n\r\n${SMUGGLED}` })],
  ['TE: identity', post({ 'transfer-encoding': 'identity' }, { body: `{"a":1}${SMUGGLED}` })],
  ['TE: gzip', post({ 'transfer-encoding': 'gzip' }, { body: SMUGGLED })],
  ['TE: "chunked"', post({ 'transfer-encoding': '"chunked"' }, { body: `0\r\n\r\n${SMUGGLED}` })],
  ['TE with a vertical tab', post({ 'transfer-encoding': '\x0bchunked' }, { body: `0\r\n\r\n${SMUGGLED}` })],
  ['space before the colon', post({ 'transfer-encoding ': 'chunked' }, { body: `0\r\n\r\n${SMUGGLED}` })],
  ['a header name that begins with a space', get(PATH).replace('host:', ' host:')],
  ['obs-fold', get(PATH).replace('x-ob-client: test', 'x-ob-client: test\r\n folded')],
  ['a folded TE', post({}).replace('content-length: 7', 'transfer-encoding:\r\n chunked')],
  ['bare LF after the request line', get(PATH).replace('HTTP/1.1\r\n', 'HTTP/1.1\n')],
  ['bare LF in the head', get(PATH).replace('test\r\n', 'test\n')],
  ['bare LF at its end', get(PATH).replace('\r\n\r\n', '\n\n')],
  ['bare CR in the head', get(PATH).replace('test\r\n', 'test\rx-evil: 1\r\n')],
  ['NUL in a value', get(PATH, { 'x-ob-client': 'a\0b' })],
  ['a control character in a name', get(PATH, { 'x-e\x01vil': '1' })],
  ['a line without a colon', get(PATH).replace('x-ob-client: test', 'x-ob-client: test\r\nevil')],
  ['an empty header name', get(PATH).replace('x-ob-client: test', 'x-ob-client: test\r\n: evil')],
  ['a chunk size that is no number', chunked('zz\r\n{"a":1}\r\n0\r\n\r\n')],
  ['a negative chunk size', chunked('-7\r\n{"a":1}\r\n0\r\n\r\n')],
  ['a chunk size with 0x', chunked('0x7\r\n{"a":1}\r\n0\r\n\r\n')],
  ['a chunk size past 64 bits', chunked('FFFFFFFFFFFFFFFFFF\r\n{"a":1}\r\n0\r\n\r\n')],
  ['a chunk that is longer than its size', chunked('6\r\n{"a":1}\r\n0\r\n\r\n')],
  ['a chunk that is shorter than its size', chunked('8\r\n{"a":1}\r\n0\r\n\r\n')],
  ['a chunk size with a space before', chunked(' 7\r\n{"a":1}\r\n0\r\n\r\n')],
  ['a chunk line that ends in bare LF', chunked('7\n{"a":1}\r\n0\r\n\r\n')],
  ['a chunk extension without end', chunked(`7;${'a'.repeat(20_000)}\r\n{"a":1}\r\n0\r\n\r\n`)],
]

function chunked(body: string): string {
  return post({ 'transfer-encoding': 'chunked' }, { body })
}

const frames: readonly Attack[] = FRAMES.map(([name, bytes]) => ({
  name,
  bytes,
  status: [400],
  code: 'malformed_request',
  fetch: BY_PARSER,
}))

const pipelined: readonly Attack[] = [
  {
    name: 'GET with a body: the next request begins after it',
    bytes: get(PATH, { connection: 'keep-alive', 'content-length': String(SMUGGLED.length) }) + SMUGGLED + get(PATH),
    status: [400, 200],
    code: 'body_not_expected',
    upstream: 1,
    fetch: { why: 'a Request that reads has no body', status: [200, 200], code: undefined, upstream: 1 },
  },
  {
    name: 'GET with a chunked body',
    bytes: `${get(PATH, { connection: 'keep-alive', 'transfer-encoding': 'chunked' })}3\r\nabc\r\n0\r\n\r\n${get(PATH)}`,
    status: [400, 200],
    code: 'body_not_expected',
    upstream: 1,
    fetch: { why: 'a Request that reads has no body', status: [200, 200], code: undefined, upstream: 1 },
  },
  {
    name: 'a refused POST: its body is no request',
    bytes: post({ connection: 'keep-alive', origin: 'https://evil.example' }, { body: SMUGGLED }) + get(PATH),
    status: [403, 200],
    code: 'foreign_origin',
    upstream: 1,
  },
  {
    name: 'garbage after a request that is under way',
    bytes: `${get(PATH, { connection: 'keep-alive' })}garbage\r\n\r\n`,
    status: [],
    fetch: BY_PARSER_LATE(),
  },
  {
    name: 'trailers',
    bytes: post(
      { 'transfer-encoding': 'chunked', trailer: 'x-api-key' },
      { body: '7\r\n{"a":1}\r\n0\r\nx-api-key: evil\r\n\r\n' },
    ),
    status: [200],
    upstream: 1,
  },
]

function BY_PARSER_LATE() {
  return { why: 'node:http answers by itself', isAnsweredByPlatform: true, upstream: 1 } as const
}

const BODIES: readonly (readonly [
  name: string,
  bytes: string,
  status: number,
  code: string,
  more?: Partial<Attack>,
])[] = [
  ['a form', post({ 'content-type': 'application/x-www-form-urlencoded' }, { body: 'a=1' }), 415, 'unsupported_type'],
  [
    'a multipart form',
    post({ 'content-type': 'multipart/form-data; boundary=a' }, { body: '--a--' }),
    415,
    'unsupported_type',
  ],
  ['text/plain', post({ 'content-type': 'text/plain' }), 415, 'unsupported_type'],
  ['text/plain that names JSON', post({ 'content-type': 'text/plain; application/json' }), 415, 'unsupported_type'],
  ['application/json-evil', post({ 'content-type': 'application/jsonevil' }), 415, 'unsupported_type'],
  ['XML', post({ 'content-type': 'application/xml' }, { body: '<a/>' }), 415, 'unsupported_type'],
  ['no type', post({ 'content-type': undefined }), 415, 'unsupported_type'],
  ['gzip', post({ 'content-encoding': 'gzip' }), 415, 'unsupported_encoding'],
  ['identity', post({ 'content-encoding': 'identity' }), 415, 'unsupported_encoding'],
  ['no JSON', post({}, { body: '{a:1}' }), 400, 'invalid_body'],
  ['two values', post({}, { body: '{} {}' }), 400, 'invalid_body'],
  ['white space alone', post({}, { body: ' ' }), 400, 'invalid_body'],
  ['invalid UTF-8', post({}, { body: '{"a\xff":1}' }), 400, 'invalid_body'],
  ['UTF-16', post({}, { body: '\x00{\x00}' }), 400, 'invalid_body'],
  ['a byte order mark', post({}, { body: '\xef\xbb\xbf{}' }), 400, 'invalid_body'],
  ['a lone NUL', post({}, { body: '\0' }), 400, 'invalid_body'],
  ['200 kB of brackets', post({}, { body: '['.repeat(200_000) }), 400, 'invalid_body'],
  ['a call id that is too short', post({ 'x-ob-call': 'short' }), 400, 'call_id_missing'],
  [
    'a call id with other characters',
    post({ 'x-ob-call': `${'a'.repeat(20)} ${'b'.repeat(20)}` }),
    400,
    'call_id_missing',
  ],
  ['a call id without end', post({ 'x-ob-call': 'a'.repeat(500) }), 400, 'call_id_missing'],
  [
    'an execution without a call id',
    post({}, { target: '/onebalance/api/v3/quote/execute-quote' }),
    400,
    'call_id_missing',
  ],
  ['more than maxBodyBytes', post({}, { body: `"${'a'.repeat(300_000)}"` }), 413, 'body_too_large'],
  [
    'a length past maxBodyBytes, whose body never comes',
    post({ 'content-length': '999999999' }, { body: '' }),
    413,
    'body_too_large',
  ],
  [
    'chunks past maxBodyBytes, without an end',
    post({ 'transfer-encoding': 'chunked' }, { body: `${(300_000).toString(16)}\r\n${'1'.repeat(300_000)}\r\n` }),
    413,
    'body_too_large',
  ],
  [
    'Expect: 100-continue for a body that is too large: nobody asks for it',
    post({ expect: '100-continue', 'content-length': '999999999' }, { body: '' }),
    413,
    'body_too_large',
    { fetch: { why: 'node:http says "go on" by itself', status: [100, 413], code: undefined } },
  ],
  [
    'Expect: 100-continue from a foreign page: nobody asks for the body',
    post({ expect: '100-continue', origin: 'https://evil.example' }, { body: '' }),
    403,
    'foreign_origin',
    { fetch: { why: 'node:http says "go on" by itself', status: [100, 403], code: undefined } },
  ],
  [
    'Expect: something else',
    post({ expect: 'evil' }),
    417,
    'expectation_failed',
    { fetch: { why: 'node:http refuses it', isAnsweredByPlatform: true } },
  ],
  [
    'a body that does not come in time',
    post({ 'content-length': '7' }, { body: '{' }),
    408,
    'body_too_slow',
    { target: 'hasty' },
  ],
  [
    'chunks that do not come in time',
    post({ 'transfer-encoding': 'chunked' }, { body: '1\r\n{\r\n' }),
    408,
    'body_too_slow',
    { target: 'hasty' },
  ],
  [
    'a head that does not come in time',
    'GET /onebalance/api/assets/list HTTP/1.1\r\nhost: {host}\r\nx-a: ',
    408,
    'request_too_slow',
    { target: 'hasty', fetch: { why: 'that is for its server to see to', isAnsweredByPlatform: true } },
  ],
  [
    'a head that is too large',
    get(PATH, { 'x-a': 'a'.repeat(20_000) }),
    431,
    'headers_too_large',
    { fetch: BY_PARSER },
  ],
  ['an empty caller', get(PATH, { authorization: '' }), 401, 'unauthorized'],
  ['nobody', get(PATH, { authorization: undefined }), 401, 'unauthorized'],
]

const bodies: readonly Attack[] = [
  ...BODIES.map(([name, bytes, status, code, more]) => ({
    name: `body: ${name}`,
    bytes,
    status: [status],
    code,
    ...more,
  })),
  {
    name: 'body: Expect: 100-continue, and it is asked for',
    bytes: post({ expect: '100-continue' }),
    status: [100, 200],
    upstream: 1,
  },
  {
    name: 'body: __proto__ and constructor pass as they are',
    bytes: post({}, { body: '{"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}' }),
    status: [200],
    upstream: 1,
  },
  {
    name: 'body: none',
    bytes: post({ 'content-length': '0' }, { body: '' }),
    status: [200],
    upstream: 1,
    fetch: { why: 'a Request does not tell no body from an empty one', status: [200], upstream: 1 },
  },
]

/** Attacks by head and body. */
export const messageAttacks: readonly Attack[] = [...stopped, ...upgrades, ...frames, ...pipelined, ...bodies]
