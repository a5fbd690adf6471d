import { describe, expect, it } from 'vitest'
import { CANARY, chunked, json, rejection, stubClient } from '../../test/transport.ts'
import {
  AuthenticationError,
  NotFoundError,
  type OneBalanceError,
  PermissionError,
  RateLimitError,
  RequestError,
  ServerError,
} from '../index.ts'

/** What a call rejects with when the API answers so. */
function answered(response: () => Response): Promise<OneBalanceError> {
  return rejection<OneBalanceError>(stubClient(response, { retry: false }).client.assets.list())
}

const text = (body: BodyInit | null, status: number, type = 'text/plain') =>
  new Response(body, { status, headers: { 'content-type': type } })

describe('the class of a status', () => {
  it.each([
    [400, RequestError, 'request_rejected', 'rejected'],
    [401, AuthenticationError, 'unauthorized', 'rejected'],
    [402, RequestError, 'request_rejected', 'rejected'],
    [403, PermissionError, 'forbidden', 'rejected'],
    [404, NotFoundError, 'not_found', 'rejected'],
    [405, RequestError, 'request_rejected', 'rejected'],
    [408, RequestError, 'request_rejected', 'rejected'],
    [409, RequestError, 'request_rejected', 'rejected'],
    [410, NotFoundError, 'not_found', 'rejected'],
    [413, RequestError, 'request_rejected', 'rejected'],
    [415, RequestError, 'request_rejected', 'rejected'],
    [418, RequestError, 'request_rejected', 'rejected'],
    [421, RequestError, 'request_rejected', 'rejected'],
    [422, RequestError, 'request_rejected', 'rejected'],
    [425, RequestError, 'request_rejected', 'rejected'],
    [429, RateLimitError, 'rate_limited', 'rejected'],
    [499, RequestError, 'request_rejected', 'rejected'],
    [500, ServerError, 'server_error', 'unknown'],
    [501, ServerError, 'server_error', 'unknown'],
    [502, ServerError, 'server_error', 'unknown'],
    [503, ServerError, 'server_error', 'unknown'],
    [504, ServerError, 'server_error', 'unknown'],
    [529, ServerError, 'server_error', 'unknown'],
    [599, ServerError, 'server_error', 'unknown'],
  ])('%i', async (status, type, code, outcome) => {
    const error = await answered(() => json({ message: 'no' }, status, { 'x-request-id': 'req-1' }))
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({
      name: type.name,
      code,
      outcome,
      status,
      method: 'GET',
      path: '/api/assets/list',
      requestId: 'req-1',
      serverError: { message: 'no' },
      attempts: [{ status, error: code }],
    })
    expect(error.hint.length).toBeGreaterThan(20)
    expect(error.message).toMatch(new RegExp(`^GET /api/assets/list: ${status} [A-Z][A-Za-z ]+: no$`))
  })

  it.each([401, 403, 404, 410, 429])('%i says what to do about it', async (status) => {
    const { hint } = await answered(() => json({}, status))
    expect(hint).toMatch(
      { 401: /ONEBALANCE_API_KEY/, 403: /endpoint/, 404: /gone/, 410: /ended/, 429: /wait/ }[status] as RegExp,
    )
  })
})

describe('every documented body is one shape', () => {
  it.each<[string, number, unknown, unknown, string]>([
    [
      'A: error, message, statusCode, timestamp, path',
      401,
      {
        error: 'UnauthorizedException',
        message: 'Invalid or missing API key',
        statusCode: 401,
        timestamp: '2026-01-01T00:00:00Z',
        path: '/api/assets/list',
      },
      { error: 'UnauthorizedException', message: 'Invalid or missing API key', code: 401 },
      'GET /api/assets/list: 401 Unauthorized: Invalid or missing API key',
    ],
    [
      'B: error, message, code',
      401,
      { error: 'Unauthorized', message: 'Invalid or missing API key', code: 401 },
      { error: 'Unauthorized', message: 'Invalid or missing API key', code: 401 },
      'GET /api/assets/list: 401 Unauthorized: Invalid or missing API key',
    ],
    [
      'C: a validation message with quotes',
      400,
      { error: 'Validation failed', message: 'Validation error: Required at "accounts"', statusCode: 400 },
      { error: 'Validation failed', message: 'Validation error: Required at "accounts"', code: 400 },
      'GET /api/assets/list: 400 Bad Request: Validation error: Required at "accounts"',
    ],
    [
      'D: no error',
      400,
      { message: 'Incorrect tamper proof signature', statusCode: 400 },
      { message: 'Incorrect tamper proof signature', code: 400 },
      'GET /api/assets/list: 400 Bad Request: Incorrect tamper proof signature',
    ],
    [
      'no message',
      403,
      { error: 'Forbidden' },
      { error: 'Forbidden' },
      'GET /api/assets/list: 403 Forbidden: Forbidden',
    ],
    [
      'a list of messages',
      400,
      { message: ['amount is required', 'account is required'], statusCode: 400 },
      { message: 'amount is required; account is required', code: 400 },
      'GET /api/assets/list: 400 Bad Request: amount is required; account is required',
    ],
    [
      'a code that is a word',
      409,
      { message: 'Delegated', code: 'DELEGATION-001' },
      { message: 'Delegated', code: 'DELEGATION-001' },
      'GET /api/assets/list: 409 Conflict: Delegated',
    ],
    [
      'an error that is an object',
      400,
      { error: { message: 'no', code: 7 } },
      { message: 'no', code: 7 },
      'GET /api/assets/list: 400 Bad Request: no',
    ],
    ['a string', 400, 'plain words', { message: 'plain words' }, 'GET /api/assets/list: 400 Bad Request: plain words'],
    ['null', 500, null, undefined, 'GET /api/assets/list: 500 Internal Server Error'],
    ['a number', 500, 17, undefined, 'GET /api/assets/list: 500 Internal Server Error'],
    ['an empty list', 500, [], undefined, 'GET /api/assets/list: 500 Internal Server Error'],
    ['an empty object', 503, {}, undefined, 'GET /api/assets/list: 503 Service Unavailable'],
    [
      'fields of wrong types',
      400,
      { error: 1, message: true, code: {} },
      undefined,
      'GET /api/assets/list: 400 Bad Request',
    ],
    [
      'line breaks',
      400,
      { message: 'one\r\n\ttwo\u0000three\u001b[31m' },
      { message: 'one two three [31m' },
      'GET /api/assets/list: 400 Bad Request: one two three [31m',
    ],
  ])('%s', async (_, status, body, serverError, message) => {
    const error = await answered(() => json(body, status))
    expect(error.message).toBe(message)
    expect(error.serverError).toEqual(serverError)
  })

  it('shows 200 characters of a long message and no more', async () => {
    const error = await answered(() => json({ message: 'x'.repeat(10_000), error: 'y'.repeat(10_000) }, 400))
    expect(error.serverError?.message).toHaveLength(200)
    expect(error.serverError?.error).toHaveLength(200)
    expect(error.message.split('\n')).toHaveLength(1)
  })
})

describe('a body that is not JSON', () => {
  const PAGE =
    '<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>b { color: red }</style>' +
    '<script>steal("x")</script></head><body><h1>502</h1>\n<p>nginx</p></body></html>'

  it.each<[string, () => Response, unknown]>([
    ['HTML', () => text(PAGE, 502, 'text/html'), { message: '502 Bad Gateway 502 nginx' }],
    [
      'HTML that calls itself JSON',
      () => text(PAGE, 502, 'application/json'),
      { message: '502 Bad Gateway 502 nginx' },
    ],
    ['empty', () => text('', 502), undefined],
    ['no body', () => text(null, 502), undefined],
    ['blank', () => text(' \n ', 502), undefined],
    ['truncated JSON', () => text('{"error":"Unauth', 502), { message: '{"error":"Unauth' }],
    [
      'cut',
      () => chunked(['{"error":"Un'], { status: 502, error: new TypeError('terminated') }),
      { message: '{"error":"Un' },
    ],
    [
      'not UTF-8',
      () => chunked([new Uint8Array([0x6e, 0x6f, 0xff, 0xfe])], { status: 502 }),
      { message: 'no\ufffd\ufffd' },
    ],
    [
      'UTF-8 cut within a character',
      () => chunked([new Uint8Array([0x6e, 0x6f, 0xe2, 0x82])], { status: 502 }),
      { message: 'no\ufffd' },
    ],
    ['with a BOM', () => text('\ufeff{"message":"no"}', 502), { message: 'no' }],
    [
      'compressed twice',
      () => new Response('x', { status: 502, headers: { 'content-encoding': 'gzip, gzip' } }),
      undefined,
    ],
  ])('%s keeps the status', async (_, response, serverError) => {
    const error = await answered(response)
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ status: 502, outcome: 'unknown' })
    expect(error.serverError).toEqual(serverError)
    expect(error.message).not.toMatch(/[<\n]|steal|color/)
  })

  it('ends with the status when the body stalls or never ends', async () => {
    const stalled = await rejection<OneBalanceError>(
      stubClient(() => chunked(['{"mess'], { status: 403, ends: false }), {
        timeout: 20,
        retry: false,
      }).client.assets.list(),
    )
    expect(stalled).toBeInstanceOf(PermissionError)
    let sentBytes = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sentBytes += 1_024
        controller.enqueue(new Uint8Array(1_024).fill(0x61))
      },
    })
    const large = await rejection<OneBalanceError>(
      stubClient(() => new Response(endless, { status: 403 }), { maxResponseBytes: 10_000 }).client.assets.list(),
    )
    expect(large).toBeInstanceOf(PermissionError)
    expect(sentBytes).toBeLessThan(20_000)
  })
})

describe('a 429', () => {
  it('carries the limit, what is left, when it resets, and how long to wait', async () => {
    const now = 1_700_000_000_000
    const { client } = stubClient(
      () =>
        json({ message: 'slow down' }, 429, {
          'x-ratelimit-limit': '60',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(now / 1_000 + 7),
        }),
      { retry: false, runtime: { now: () => now } },
    )
    expect(await rejection(client.assets.list())).toMatchObject({
      code: 'rate_limited',
      limit: 60,
      remaining: 0,
      resetAt: now + 7_000,
      retryAfter: 7_000,
      retryable: true,
    })
  })

  it('prefers Retry-After, on other statuses too', async () => {
    const headers = { 'retry-after': '3', 'x-ratelimit-reset': '1' }
    expect(await answered(() => json({}, 429, headers))).toMatchObject({ retryAfter: 3_000 })
    expect(await answered(() => json({}, 503, headers))).toMatchObject({ retryAfter: 3_000 })
  })

  it('leaves out what the API did not say', async () => {
    const error = await answered(() => json({}, 429))
    expect(Object.keys(error)).not.toContain('limit')
    expect(error.retryAfter).toBeUndefined()
  })
})

it.each([
  ['plain', (key: string) => JSON.stringify({ message: `bad key ${key}` })],
  [
    'JSON-escaped',
    (key: string) => `{"message":"bad key ${[...key].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')}"}`,
  ],
  ['in HTML', (key: string) => `<p>bad key ${key}</p>`],
])('a key that the API echoes is redacted: %s', async (_, body) => {
  const error = await answered(() => text(body(CANARY), 400))
  expect(error.message).toBe('GET /api/assets/list: 400 Bad Request: bad key [redacted]')
})
