import type { OneBalanceError } from '@ob/core'
import { equal, ok, rejectionOf } from '../assert.ts'
import { type Case, type Context, group } from '../context.ts'
import { CHUNKED } from '../limits.ts'
import { headerValues, type Step } from '../server.ts'
import { ATTEMPTS_AT_502, NOT_JSON, UNREACHABLE } from '../through-proxy.ts'

const base64 = (bytes: readonly number[]) => ({ base64: btoa(String.fromCharCode(...bytes)) })

/** Bytes for `[id, what]`; a complete 2xx that is refused. */
const REFUSED: readonly (readonly [string, string, Step])[] = [
  ['B1', 'HTML', { body: '<html><body>Welcome</body></html>', headers: { 'content-type': 'text/html' } }],
  ['B1b', 'an empty body', { body: '' }],
  ['B1c', 'null', { body: 'null' }],
  ['B1d', 'an object in place of a list', { body: '{}' }],
  ['B1e', 'a text', { body: '"text"' }],
  ['B1f', '204 without a body', { status: 204 }],
  [
    'B2',
    'a number in place of text',
    { body: '[{"aggregatedAssetId":1,"symbol":"A","name":"A","decimals":6,"aggregatedEntities":[]}]' },
  ],
  ['B5', 'truncated JSON', { body: '[{"a":1' }],
  ['B5b', 'UTF-16', { body: base64([0xff, 0xfe, 0x5b, 0, 0x5d, 0]) }],
  ['B5c', 'bytes that are not UTF-8', { body: base64([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]) }],
  ['B5d', 'JSON and something after it', { body: '[] []' }],
  ['B5e', 'NaN', { body: '[NaN]' }],
]

const TEXT = 'Žluťoučký kůň, 漢字, 🎉, \u2028, "quoted", \\'

/** 4.5: bodies in both directions. */
export const bodies: Case[] = group('body', [
  ...REFUSED.map(([id, what, step]) => ({
    id,
    title: `200 with ${what} is invalid_response, not retried, with a short snippet`,
    async run({ client, core, runtime, server }: Context) {
      const { url, log } = await server({ steps: [step] })
      const error = await rejectionOf(client({ baseURL: url }).assets.list())
      if (runtime === 'chromium' && step.headers) {
        const { status, serverError } = error as OneBalanceError
        equal([status, serverError?.code], [NOT_JSON.status, NOT_JSON.said], 'status, and code of the proxy')
        return equal((await log()).deliveries.length, ATTEMPTS_AT_502, 'deliveries')
      }
      ok(error instanceof core.ResponseError, `the error is a ${(error as Error).name}`)
      equal([error.code, error.outcome], ['invalid_response', 'accepted'], 'code and outcome')
      ok(error.message.length < 400, `a message of ${error.message.length} characters`)
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  })),
  {
    id: 'B3',
    title: 'unknown fields, key order and names such as __proto__ and constructor come through as they are',
    async run({ client, server }) {
      const body = '{"z":1,"a":{"constructor":1,"__proto__":{"x":1}},"1":2,"10":3,"b":[{"toString":"x"}]}'
      const { url } = await server({ steps: [{ body }] })
      const data = await client({ baseURL: url }).request('GET', '/api/x')
      equal(JSON.stringify(data), JSON.stringify(JSON.parse(body)), 'data')
      equal(({} as { x?: unknown }).x, undefined, 'Object.prototype.x')
    },
  },
  {
    id: 'B4',
    title: 'an amount that is a JSON number is refused, not rounded',
    async run({ client, server }) {
      const body =
        '{"balanceByAggregatedAsset":[{"aggregatedAssetId":"ob:usdc","balance":12345678901234567890,"fiatValue":1,"individualAssetBalances":[]}],"totalBalance":{"fiatValue":1}}'
      const { url } = await server({ steps: [{ body }] })
      const call = client({ baseURL: url }).balances.aggregated({ account: ACCOUNT, aggregatedAssetId: 'ob:usdc' })
      const error = (await rejectionOf(call)) as { code: string; message: string; issues: { path: string }[] }
      equal(error.code, 'invalid_response', 'code')
      equal(error.issues[0]?.path, 'balanceByAggregatedAsset.0.balance', 'path')
      ok(!error.message.includes('1234567890'), 'the value is shown')
    },
  },
  {
    id: 'B4b',
    title: '`validate: false` hands out what is off contract',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ body: '{"not":"a list"}' }] })
      equal(await client({ baseURL: url, validate: false }).assets.list(), { not: 'a list' } as never, 'data')
    },
  },
  ...(
    [
      ['B5f', 'duplicate keys', '{"a":1,"a":2}', '{"a":2}'],
      ['B5g', 'a byte order mark', '\ufeff{"a":1}', '{"a":1}'],
      ['B5h', 'an escaped lone surrogate', '{"a":"\\ud800"}', '{"a":"\\ud800"}'],
    ] as const
  ).map(([id, what, body, expected]) => ({
    id,
    title: `${what}: accepted or invalid_response, never a crash`,
    async run({ client, server }: Context) {
      const { url } = await server({ steps: [{ body }] })
      const result = await client({ baseURL: url })
        .request('GET', '/api/x')
        .then(
          (data) => JSON.stringify(data),
          ({ code }) => code,
        )
      ok([expected, 'invalid_response'].includes(result), `result ${result}`)
    },
  })),
  {
    id: 'B5i',
    title: 'nesting of 100 000 levels: accepted or invalid_response, never a crash',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ body: `${'['.repeat(100_000)}"\\u0041"${']'.repeat(100_000)}` }] })
      const result = await client({ baseURL: url })
        .request('GET', '/api/x')
        .then(
          () => 'accepted',
          ({ code }) => code,
        )
      ok(['accepted', 'invalid_response'].includes(result), `result ${result}`)
    },
  },
  {
    id: 'B6',
    title: 'content-length 100 and 7 bytes: network error in the body, status kept',
    async run({ client, runtime, server }) {
      const { url } = await server({ steps: [{ body: '[1,2,3]', length: 100, end: 'close' }] })
      const error = await rejectionOf(client({ baseURL: url, retry: false }).request('GET', '/api/x'))
      const { code, outcome, status, phase } = error as {
        code: string
        outcome: string
        status: number
        phase?: string
      }
      const expected =
        runtime === 'chromium'
          ? [UNREACHABLE.code, UNREACHABLE.outcome, UNREACHABLE.status, undefined]
          : ['network', 'accepted', 200, 'body']
      equal([code, outcome, status, phase], expected, 'code, outcome, status, phase')
    },
  },
  {
    id: 'B6c',
    title: 'a large answer that is cut: network error in the body, status kept',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ spaces: 70_000, length: 100_000, end: 'close' }] })
      const error = await rejectionOf(client({ baseURL: url, retry: false }).request('GET', '/api/x'))
      const { code, outcome, status, phase } = error as {
        code: string
        outcome: string
        status: number
        phase?: string
      }
      equal([code, outcome, status, phase], ['network', 'accepted', 200, 'body'], 'code, outcome, status, phase')
    },
  },
  {
    id: 'B6b',
    title: 'an error answer that is cut keeps its status',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ status: 404, body: '{"message":"no', length: 100, end: 'close' }] })
      const { code, status } = (await rejectionOf(client({ baseURL: url }).assets.list())) as {
        code: string
        status: number
      }
      equal([code, status], ['not_found', 404], 'code and status')
    },
  },
  ...(['endless', 'spaces', 'gzip'] as const).map((kind) => ({
    id: `B7-${kind}`,
    title: `an answer larger than maxResponseBytes (${kind}) is cut there, and its connection is dropped`,
    async run({ client, server, core }: Context) {
      const step: Step =
        kind === 'endless'
          ? { endless: true, framing: 'close' }
          : { spaces: 3_000_000, ...(kind === 'gzip' && { encodings: ['gzip'] }) }
      const { url, log } = await server({ steps: [step, {}] })
      const ob = client({ baseURL: url, maxResponseBytes: 100_000 })
      const error = await rejectionOf(ob.request('GET', '/api/x'))
      ok(error instanceof core.ResponseError, `the error is a ${(error as Error).name}`)
      equal([error.code, error.outcome], ['response_too_large', 'accepted'], 'code and outcome')
      await ob.request('GET', '/api/y')
      if (kind === 'endless') equal((await log()).deliveries[1]?.index, 0, 'place on its connection')
    },
  })),
  {
    id: 'B8',
    title: 'an answer of exactly maxResponseBytes is read',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ body: `"${'x'.repeat(998)}"` }] })
      const data = await client({ baseURL: url, maxResponseBytes: 1_000 }).request('GET', '/api/x')
      equal(String(data).length, 998, 'length')
    },
  },
  {
    id: 'B9',
    title: 'a body that is compressed twice is refused',
    async run({ client, runtime, server }) {
      const { url } = await server({ steps: [{ encodings: ['gzip', 'gzip'], spaces: 1_000_000 }] })
      const error = await rejectionOf(client({ baseURL: url, retry: false }).request('GET', '/api/x'))
      ok(
        // The proxy is what refuses it there.
        (runtime === 'chromium' ? [UNREACHABLE.code] : ['invalid_response', 'network']).includes(
          (error as { code: string }).code,
        ),
        `code ${(error as { code: string }).code}`,
      )
    },
  },
  {
    id: 'B10',
    title: 'a byte now and then does not outlast the timeout',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ body: JSON.stringify('x'.repeat(500)), drip: 10 }] })
      const startedAt = Date.now()
      const error = await rejectionOf(client({ baseURL: url, timeout: 150, retry: false }).request('GET', '/api/x'))
      equal((error as { code: string }).code, 'timeout', 'code')
      ok(Date.now() - startedAt < 3_000, 'it took as long as the body')
    },
  },
  ...(['gzip', 'br'] as const).map((encoding) => ({
    id: `B11-${encoding}`,
    title: `${encoding} is decoded`,
    async run({ client, server }: Context) {
      const { url } = await server({ steps: [{ body: JSON.stringify({ text: TEXT }), encodings: [encoding] }] })
      equal(await client({ baseURL: url }).request('GET', '/api/x'), { text: TEXT }, 'data')
    },
  })),
  {
    id: 'B11-chunked',
    title: 'a chunked answer is read',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ body: '{"a":1}', framing: 'chunked' }] })
      equal(await client({ baseURL: url }).request('GET', '/api/x'), { a: 1 }, 'data')
    },
  },
  {
    id: 'B11-close',
    title: 'an answer that ends with its connection is read',
    async run({ client, server }) {
      const { url } = await server({ steps: [{ body: '{"a":1}', framing: 'close', end: 'close' }] })
      equal(await client({ baseURL: url }).request('GET', '/api/x'), { a: 1 }, 'data')
    },
  },
  {
    id: 'B13',
    title: 'unicode goes both ways unharmed, split anywhere',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ body: JSON.stringify({ text: TEXT }), drip: 0 }] })
      const data = await client({ baseURL: url }).request('POST', '/api/x', { body: { text: TEXT } })
      equal(data, { text: TEXT }, 'answer')
      equal(JSON.parse((await log()).deliveries[0]?.body ?? ''), { text: TEXT }, 'request')
    },
  },
  {
    id: 'B13b',
    title: 'a body is JSON, announced as such, with its exact length',
    async run({ client, server }) {
      const { url, log } = await server()
      await client({ baseURL: url }).request('POST', '/api/x', { retryClass: 'idempotent', body: { text: TEXT } })
      const [delivery] = (await log()).deliveries
      equal(headerValues(delivery, 'content-type'), ['application/json'], 'content-type')
      equal(
        headerValues(delivery, 'content-length'),
        [String(new TextEncoder().encode(JSON.stringify({ text: TEXT })).length)],
        'length',
      )
    },
  },
  {
    id: 'B13c',
    title: 'a `once` body has a length too, and is not sent in chunks',
    limits: { workerd: CHUNKED },
    async run({ client, server }) {
      const { url, log } = await server()
      await client({ baseURL: url }).request('POST', '/api/x', { body: { text: TEXT } })
      const [delivery] = (await log()).deliveries
      equal(headerValues(delivery, 'transfer-encoding'), [], 'transfer-encoding')
      equal(
        headerValues(delivery, 'content-length'),
        [String(new TextEncoder().encode(JSON.stringify({ text: TEXT })).length)],
        'length',
      )
    },
  },
  {
    id: 'B13d',
    title: 'a `once` body of 1 MB arrives whole',
    async run({ client, server }) {
      const { url, log } = await server()
      const text = 'žx'.repeat(350_000)
      await client({ baseURL: url }).request('POST', '/api/x', { body: { text } })
      equal((await log()).deliveries[0]?.body.length, JSON.stringify({ text }).length, 'length')
    },
  },
  ...unsendable().map(([id, what, body]) => ({
    id,
    title: `a body with ${what} is invalid_input, and nothing is sent`,
    async run({ client, core, server }: Context) {
      const { url, log } = await server()
      const error = await rejectionOf(client({ baseURL: url }).request('POST', '/api/x', { body }))
      ok(error instanceof core.InputError, `the error is a ${(error as Error).name}`)
      equal(error.outcome, 'not_sent', 'outcome')
      equal((await log()).connections, 0, 'connections')
    },
  })),
])

const ACCOUNT = 'eip155:1:0xb98E11f0f854442801e7cf3214710972D5dAF11a'

function unsendable(): [string, string, unknown][] {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  return [
    ['B14', 'a BigInt', { amount: 10n }],
    ['B14b', 'a cycle', cycle],
    [
      'B14c',
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no')
        },
      },
    ],
    ['B14d', '5 MB', 'x'.repeat(5_000_000)],
    ['B14e', 'a function in place of a value', () => {}],
  ]
}
