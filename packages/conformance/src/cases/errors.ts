import type { ServerErrorBody } from '@ob/core'
import { equal, matches, ok, rejectionOf } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'
import { UNAUTHORIZED } from '../through-proxy.ts'

/** `[id, status, class, code, outcome]` */
const STATUSES = [
  [400, 'RequestError', 'request_rejected', 'rejected'],
  [401, 'AuthenticationError', 'unauthorized', 'rejected'],
  [402, 'RequestError', 'request_rejected', 'rejected'],
  [403, 'PermissionError', 'forbidden', 'rejected'],
  [404, 'NotFoundError', 'not_found', 'rejected'],
  [409, 'RequestError', 'request_rejected', 'rejected'],
  [410, 'NotFoundError', 'not_found', 'rejected'],
  [418, 'RequestError', 'request_rejected', 'rejected'],
  [422, 'RequestError', 'request_rejected', 'rejected'],
  [429, 'RateLimitError', 'rate_limited', 'rejected'],
  [500, 'ServerError', 'server_error', 'unknown'],
  [502, 'ServerError', 'server_error', 'unknown'],
  [503, 'ServerError', 'server_error', 'unknown'],
  [504, 'ServerError', 'server_error', 'unknown'],
  [599, 'ServerError', 'server_error', 'unknown'],
] as const

/** Error bodies that were seen or documented, and what they say. */
const BODIES: readonly (readonly [string, string, unknown, ServerErrorBody | undefined])[] = [
  [
    'B12',
    'statusCode',
    { error: 'UnauthorizedException', message: 'Invalid key', statusCode: 400, timestamp: 'x', path: '/y' },
    { error: 'UnauthorizedException', message: 'Invalid key', code: 400 },
  ],
  [
    'B12b',
    'code',
    { error: 'Unauthorized', message: 'Missing key', code: 401 },
    { error: 'Unauthorized', message: 'Missing key', code: 401 },
  ],
  [
    'B12c',
    'a validation message',
    { error: 'Validation failed', message: 'Required at "accounts"', statusCode: 400 },
    { error: 'Validation failed', message: 'Required at "accounts"', code: 400 },
  ],
  [
    'B12d',
    'no error field',
    { message: 'Incorrect tamper proof signature', statusCode: 400 },
    { message: 'Incorrect tamper proof signature', code: 400 },
  ],
  [
    'B12e',
    'a list of messages',
    { message: ['a is wrong', 'b is wrong'], statusCode: 400 },
    { message: 'a is wrong; b is wrong', code: 400 },
  ],
  [
    'B12f',
    'a code of letters',
    { message: 'delegated elsewhere', code: 'DELEGATION-001' },
    { message: 'delegated elsewhere', code: 'DELEGATION-001' },
  ],
  ['B12g', 'an error object', { error: { message: 'inner' } }, { message: 'inner' }],
  ['B12h', 'text', '"just text"', { message: 'just text' }],
  [
    'B12i',
    'HTML',
    '<html><head><style>p{}</style></head><body><h1>502 Bad Gateway</h1></body></html>',
    { message: '502 Bad Gateway' },
  ],
  ['B12j', 'nothing', '', undefined],
  ['B12k', 'an empty object', {}, undefined],
  ['B12l', 'a number', '42', undefined],
]

/** Every class, every documented error body, and what each error carries. */
export const errors: Case[] = group('error', [
  ...STATUSES.map(([status, name, code, outcome]) => ({
    id: `E1-${status}`,
    title: `${status} is ${name}, ${code}, ${outcome}`,
    async run({ client, core, runtime, server }: Context) {
      const steps = [
        { status, body: JSON.stringify({ message: 'said by the API' }), headers: { 'x-request-id': 'req-1' } },
      ]
      const { url } = await server({ steps })
      const error = await rejectionOf(client({ baseURL: url, retry: false }).assets.list())
      ok(core.isOneBalanceError(error), 'no error of the library')
      if (runtime === 'chromium' && status === 401) {
        const { name, status, serverError } = error
        const expected = [UNAUTHORIZED.name, UNAUTHORIZED.status, UNAUTHORIZED.said]
        return equal([name, status, serverError?.code], expected, 'name, status and code of the proxy')
      }
      equal(error.name, name, 'name')
      ok(error instanceof core[name], 'instanceof')
      ok(error instanceof core.OneBalanceError && error instanceof Error, 'instanceof the bases')
      const { method, path, requestId, attempts, serverError } = error
      equal([error.code, error.outcome, error.status], [code, outcome, status], 'code, outcome, status')
      equal([method, path, requestId], ['GET', '/api/assets/list', 'req-1'], 'method, path, requestId')
      equal(
        attempts.map((attempt) => attempt.status),
        [status],
        'attempts',
      )
      equal(serverError?.message, 'said by the API', 'serverError')
      matches(error.message, new RegExp(`^GET /api/assets/list: ${status} .*said by the API$`), 'message')
      ok(!error.message.includes('\n') && error.hint.length > 0, 'one line, and a hint')
      equal(error.toJSON()['code'], code, 'toJSON')
    },
  })),
  ...BODIES.map(([id, what, body, expected]) => ({
    id,
    title: `an error body with ${what} is read`,
    async run({ client, core, runtime, server }: Context) {
      const { url } = await server({
        steps: [{ status: 400, body: typeof body === 'string' ? body : JSON.stringify(body) }],
      })
      const error = await rejectionOf(client({ baseURL: url }).assets.list())
      ok(core.isOneBalanceError(error), 'no error of the library')
      equal([error.code, error.status], ['request_rejected', 400], 'code and status')
      const shown = runtime === 'chromium' ? retold(expected) : expected
      equal(error.serverError && sorted(error.serverError), shown && sorted(shown), 'serverError')
    },
  })),
  {
    id: 'B12m',
    title: 'an error body that is not UTF-8 keeps its status',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ status: 403, body: { base64: btoa('\xff\xfe\xc3(') } }] })
      equal(((await rejectionOf(client({ baseURL: url }).assets.list())) as { code: string }).code, 'forbidden', 'code')
    },
  },
  {
    id: 'B12n',
    title: 'an error body of 1 MB becomes one short line',
    async run({ client, server }) {
      const { url } = await server({
        steps: [{ status: 400, body: JSON.stringify({ message: `a\nb${'x'.repeat(1_000_000)}` }) }],
      })
      const error = (await rejectionOf(client({ baseURL: url }).assets.list())) as Error
      ok(error.message.length < 400 && !error.message.includes('\n'), `a message of ${error.message.length} characters`)
    },
  },
  {
    id: 'E2',
    title: 'RateLimitError tells the limit, what is left, when it resets and how long to wait',
    async run({ client, core, server }) {
      const headers = {
        'x-ratelimit-limit': '60',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '1800000009',
        date: new Date(1_800_000_000_000).toUTCString(),
      }
      const { url } = await server({ steps: [{ status: 429, headers }] })
      const ob = client({ baseURL: url, retry: false, runtime: { now: () => 1_800_000_000_000 } })
      const error = await rejectionOf(ob.assets.list())
      ok(error instanceof core.RateLimitError, `the error is a ${(error as Error).name}`)
      equal(
        [error.limit, error.remaining, error.resetAt, error.retryAfter],
        [60, 0, 1_800_000_009_000, 9_000],
        'limit, remaining, resetAt, retryAfter',
      )
    },
  },
  {
    id: 'E3',
    title: 'InputError names each wrong field and shows no value',
    async run({ client, core, server }) {
      const { url, log } = await server()
      const input = { account: 'secret-account', aggregatedAssetId: 'nonsense' }
      const error = await rejectionOf(client({ baseURL: url }).balances.aggregated(input))
      ok(error instanceof core.InputError, `the error is a ${(error as Error).name}`)
      equal(
        error.issues.map(({ path }) => path),
        ['account', 'aggregatedAssetId'],
        'paths',
      )
      ok(!JSON.stringify(error).includes('secret-account'), 'the value is shown')
      equal((await log()).connections, 0, 'connections')
    },
  },
  {
    id: 'E4',
    title: 'a call never throws, it rejects',
    async run({ client }) {
      const ob = client({ baseURL: 'https://127.0.0.1:1' })
      for (const act of [
        () => ob.assets.list(5 as never),
        () => ob.balances.aggregated(undefined as never),
        () => ob.request('BREW' as never, '/x'),
        () => ob.assets.list(undefined, { timeout: -1 }),
        () => ob.assets.list(undefined, { signal: 5 as never }),
      ]) {
        const { outcome } = (await rejectionOf(act())) as { outcome: string }
        equal(outcome, 'not_sent', 'outcome')
      }
    },
  },
  {
    id: 'E5',
    title: 'a closed client refuses further calls',
    async run({ client, core, server }) {
      const { url, log } = await server()
      const ob = client({ baseURL: url })
      await ob.assets.list()
      await ob.close()
      ok((await rejectionOf(ob.assets.list())) instanceof core.ConfigurationError, 'no ConfigurationError')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  },
  {
    id: 'E6',
    title: '`withResponse` gives status, headers, request id, attempts and duration',
    async run({ client, runtime, server }) {
      const { url } = await server({ steps: [{ headers: { 'x-request-id': 'req-7', 'x-other': 'y' } }] })
      const { data, response } = await client({ baseURL: url }).assets.list().withResponse()
      equal(
        [data, response.status, response.requestId, response.headers.get('x-other')],
        // Headers pass the proxy by its list.
        [[], 200, 'req-7', runtime === 'chromium' ? null : 'y'],
        'answer',
      )
      equal([response.attempts.length, typeof response.durationMs], [1, 'number'], 'attempts and duration')
    },
  },
])

/** An error of the API as the proxy tells it: its own words for the status, the API's message, and a code in any case. */
function retold({ error, message = error, code }: ServerErrorBody = {}): ServerErrorBody {
  return {
    error: 'Bad Request',
    message: message ?? 'GET /api/assets/list: 400 Bad Request',
    code: String(code ?? 'request_rejected'),
  }
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
