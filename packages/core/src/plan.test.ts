import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { findLeaks } from '../test/leaks.ts'
import { CANARY, json, rejection, stubFetch } from '../test/transport.ts'
import { createClient, defineApi, endpoint, InputError, type Issue, isOneBalanceError } from './index.ts'
import { MAX_REQUEST_BYTES } from './plan.ts'

const anything = v.unknown()
const items = defineApi({
  name: 'Items',
  baseURL: 'https://items.example/v1',
  keyHeader: 'x-api-key',
  keyEnv: 'ITEMS_API_KEY',
  endpoints: {
    list: endpoint({
      method: 'GET',
      path: '/items',
      input: v.looseObject({ tag: v.optional(v.union([v.string(), v.array(v.string())])) }),
      output: anything,
      retry: 'safe',
    }),
    get: endpoint({
      method: 'GET',
      path: '/items/{id}/parts/{part}',
      input: v.looseObject({ id: v.union([v.string(), v.number()]), part: v.string() }),
      output: anything,
      retry: 'safe',
    }),
    inherited: endpoint({ method: 'GET', path: '/{constructor}', output: anything, retry: 'safe' }),
    create: endpoint({
      method: 'POST',
      path: '/items',
      input: v.looseObject({ name: v.string(), price: v.optional(v.object({ amount: v.string() })) }),
      output: anything,
      retry: 'idempotent',
      check: (input, { now }) =>
        input['until'] === 'past' ? [{ path: 'until', message: `is before ${now}` }] : undefined,
    }),
    rename: endpoint({
      method: 'PUT',
      path: '/items/{id}',
      input: v.looseObject({ id: v.string() }),
      output: anything,
      retry: 'once',
    }),
    ping: endpoint({ method: 'POST', path: '/ping', output: anything, retry: 'idempotent' }),
  },
})

function setUp() {
  const { fetch, sent } = stubFetch(() => json({}))
  const client = createClient({ api: items, apiKey: CANARY, fetch, retry: false, runtime: { now: () => 1_000 } })
  const urls = () => sent.map(({ url }) => url.replace('https://items.example/v1', ''))
  return { client, sent, urls }
}

async function refusal(promise: Promise<unknown>): Promise<readonly Issue[]> {
  const error = await rejection<InputError>(promise)
  expect(error).toBeInstanceOf(InputError)
  expect(error).toMatchObject({ code: 'invalid_input', outcome: 'not_sent', attempts: [] })
  return error.issues
}

describe('a parameter in the path', () => {
  it.each([
    ['a/b', 'a%2Fb'],
    ['a b', 'a%20b'],
    ['..a', '..a'],
    ['...', '...'],
    ['%2e%2e', '%252e%252e'],
    ['a\\b', 'a%5Cb'],
    ['?#&=', '%3F%23%26%3D'],
    ['//evil.test', '%2F%2Fevil.test'],
    ['é😀', '%C3%A9%F0%9F%98%80'],
    ['eip155:1', 'eip155%3A1'],
    [42, '42'],
  ])('is encoded: %j', async (id, written) => {
    const { client, urls } = setUp()
    await client.get({ id, part: 'x' })
    expect(urls()).toEqual([`/items/${written}/parts/x`])
  })

  it.each(['', '.', '..', 'a\0b', 'a\nb', '\x7f', '\x85', '\ud800', 'a\udc00b'])('is refused: %j', async (id) => {
    const { client, sent } = setUp()
    expect(await refusal(client.get({ id, part: 'x' }))).toMatchObject([{ path: 'id' }])
    expect(sent).toHaveLength(0)
  })

  it('is not in the query or the body too', async () => {
    const { client, urls, sent } = setUp()
    await client.get({ id: 'a', part: 'b', more: '1' })
    await client.rename({ id: 'a', name: 'b' })
    expect(urls()).toEqual(['/items/a/parts/b?more=1', '/items/a'])
    expect(await sent[1]?.text()).toBe('{"name":"b"}')
  })

  it("is the input's own, not what every object has", async () => {
    const { client, sent } = setUp()
    expect(await refusal(client.inherited({} as never))).toMatchObject([{ path: 'constructor' }])
    expect(sent).toHaveLength(0)
  })

  it('stays one segment, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), async (id, part) => {
        const { client, sent } = setUp()
        const error = await client.get({ id, part }).catch((caught: unknown) => caught)
        if (sent.length === 0) return error instanceof InputError
        const [, , , first, , second, ...more] = new URL(sent[0]?.url as string).pathname.split('/')
        return decodeURIComponent(first ?? '') === id && decodeURIComponent(second ?? '') === part && more.length === 0
      }),
    )
  })
})

describe('a query', () => {
  it.each([
    [{ a: 'x' }, '?a=x'],
    [{ a: 1, b: true, c: 10n }, '?a=1&b=true&c=10'],
    [{ a: ['x', 'y', 3] }, '?a=x%2Cy%2C3'],
    [{ a: undefined, b: 'y' }, '?b=y'],
    [{ a: undefined }, ''],
    [{}, ''],
    [undefined, ''],
    [{ a: '' }, '?a='],
    [{ a: 'x&b=y#z?' }, '?a=x%26b%3Dy%23z%3F'],
    [{ 'a b': "it's é" }, '?a+b=it%27s+%C3%A9'],
    [JSON.parse('{"__proto__":"x","constructor":"y"}'), '?__proto__=x&constructor=y'],
  ])('%o is %s', async (query, written) => {
    const { client, urls } = setUp()
    await client.request('GET', '/items', { query })
    expect(urls()).toEqual([`/items${written}`])
  })

  it('is the input of an endpoint on GET', async () => {
    const { client, urls } = setUp()
    await client.list({ tag: ['a', 'b'], none: undefined, page: 2 })
    expect(urls()).toEqual(['/items?tag=a%2Cb&page=2'])
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['an object', { b: 1 }],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a list in a list', [['x']]],
    ['undefined in a list', ['x', undefined]],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a list', ['x', '\udfff']],
  ])('is refused with %s', async (_, value) => {
    const { client, sent } = setUp()
    expect(await refusal(client.request('GET', '/items', { query: { a: value } }))).toMatchObject([{ path: 'a' }])
    expect(sent).toHaveLength(0)
  })

  it('comes back as it went in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), async (query) => {
        const { client, sent } = setUp()
        await client.request('GET', '/items', { query })
        const read = new URL(sent[0]?.url as string).searchParams
        return JSON.stringify([...read]) === JSON.stringify(Object.entries(query))
      }),
    )
  })
})

describe('a body', () => {
  it('is exactly the JSON of what was given, unknown fields and key order included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.constantFrom('once', 'idempotent'), async (text, retryClass) => {
        const { client, sent } = setUp()
        await client.request('POST', '/items', { body: JSON.parse(text), retryClass: retryClass as 'once' })
        return (await sent[0]?.text()) === JSON.stringify(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })

  it('keeps what an endpoint does not know, prototype names too', async () => {
    const { client, sent } = setUp()
    const text = '{"z":1,"name":"n","__proto__":{"a":1},"constructor":{"b":2},"10":3,"amount":"12345678901234567890"}'
    await client.create(JSON.parse(text))
    await client.rename(JSON.parse(`{"id":"x",${text.slice(1)}`))
    const expected = JSON.stringify(JSON.parse(text))
    expect(expected).toContain('__proto__')
    expect(await sent[0]?.text()).toBe(expected)
    expect(await sent[1]?.text()).toBe(expected)
    expect(({} as { a?: unknown }).a).toBeUndefined()
  })

  it('has a type; a once body has a length in bytes and can be read once only', async () => {
    const { client, sent } = setUp()
    await client.request('POST', '/x', { body: { a: 'é😀' } })
    await client.create({ name: 'é' })
    await client.request('DELETE', '/x')
    const [once, idempotent, empty] = sent
    expect(once?.headers.get('content-type')).toBe('application/json')
    expect(once?.headers.get('content-length')).toBe(String(new TextEncoder().encode('{"a":"é😀"}').length))
    expect(once?.init.body).toBeInstanceOf(ReadableStream)
    expect(once?.init).toMatchObject({ duplex: 'half' })
    expect(await once?.text()).toBe('{"a":"é😀"}')
    expect(idempotent?.init.body).toBe('{"name":"é"}')
    expect(empty?.init.body ?? null).toBeNull()
    expect(empty?.headers.has('content-type')).toBe(false)
  })

  const cycle: Record<string, unknown> = { name: 'secret-value' }
  cycle['self'] = cycle
  it.each<[string, unknown, RegExp]>([
    ['a BigInt', { name: 'x', amount: 1n }, /decimal string/],
    ['a cycle', cycle, /cycle/],
    [
      'a toJSON that throws',
      {
        name: 'x',
        toJSON: () => {
          throw new Error('secret-value')
        },
      },
      /toJSON/,
    ],
    ['a toJSON that gives nothing', { name: 'x', toJSON: () => undefined }, /written as JSON/],
    ['5 MB', { name: 'x'.repeat(5 * 1024 * 1024) }, /larger/],
    ['too many bytes in few characters', { name: '\u20ac'.repeat(MAX_REQUEST_BYTES / 2) }, /larger/],
  ])('is refused with %s', async (_, body, message) => {
    const { client, sent } = setUp()
    for (const call of [client.create(body as { name: string }), client.request('POST', '/items', { body })]) {
      const issues = await refusal(call)
      expect(issues[0]?.message).toMatch(message)
      expect(JSON.stringify(issues)).not.toContain('secret-value')
    }
    expect(sent).toHaveLength(0)
  })

  it.each([() => 1, Symbol('x')])('is refused when it is %s', async (body) => {
    const { client, sent } = setUp()
    await refusal(client.request('POST', '/items', { body }))
    expect(sent).toHaveLength(0)
  })

  it('is refused on GET and HEAD', async () => {
    const { client, sent } = setUp()
    for (const method of ['GET', 'HEAD'])
      expect(await refusal(client.request(method, '/items', { body: {} }))).toMatchObject([{ path: 'body' }])
    expect(sent).toHaveLength(0)
  })
})

describe('an input that does not fit', () => {
  it('names each wrong field, and no value', async () => {
    const { client, sent } = setUp()
    const error = await rejection<InputError>(
      client.create({ price: { amount: CANARY.length }, name: { secret: CANARY } } as never),
    )
    expect(error.issues.map(({ path }) => path).sort()).toEqual(['name', 'price.amount'])
    expect(error.message).toMatch(/^POST \/items: the input does not fit: /)
    expect(error.message).toContain('price.amount')
    expect(findLeaks(error, CANARY)).toEqual([])
    expect(sent).toHaveLength(0)
  })

  it('tells a field that is missing', async () => {
    const { client } = setUp()
    expect(await refusal(client.create({} as never))).toEqual([
      { path: 'name', message: expect.stringMatching(/missing|Expected "name"/) },
    ])
  })

  it('holds no string that was given', async () => {
    const { client } = setUp()
    const error = await rejection(client.list({ tag: [CANARY, 3] } as never))
    expect(findLeaks(error, CANARY)).toEqual([])
  })

  it('is refused by a check of the endpoint, on the clock of the client', async () => {
    const { client, sent } = setUp()
    expect(await refusal(client.create({ name: 'x', until: 'past' }))).toEqual([
      { path: 'until', message: 'is before 1000' },
    ])
    expect(sent).toHaveLength(0)
  })

  it.each(['text', 7, null, true])('is refused where it is no object: %j', async (input) => {
    const { client, sent } = setUp()
    await refusal(client.ping(input as never))
    expect(sent).toHaveLength(0)
  })

  it.each([[[]], [[undefined]], [[{}]]])('nothing is asked of an endpoint without input: %j', async (input) => {
    const { client, sent } = setUp()
    await client.ping(...(input as []))
    expect(sent).toHaveLength(1)
  })
})

describe('request()', () => {
  it.each(['get', 'TRACE', 'CONNECT', 'OPTIONS', '', 'GET ', 'POST\n', undefined])(
    'refuses the method %j',
    async (method) => {
      const { client, sent } = setUp()
      expect(await rejection(client.request(method as string, '/x'))).toMatchObject({ code: 'configuration' })
      expect(sent).toHaveLength(0)
    },
  )

  it('refuses an unknown retry class', async () => {
    const { client } = setUp()
    const error = await rejection(client.request('GET', '/x', { retryClass: 'always' as 'safe' }))
    expect(error).toMatchObject({ code: 'configuration' })
  })

  it('appends the path to the base', async () => {
    const { client, sent } = setUp()
    await client.request('POST', '/a/b', { query: { c: 1 }, body: [] })
    expect(sent[0]?.url).toBe('https://items.example/v1/a/b?c=1')
  })

  it('rejects and does not throw, whatever it is given', async () => {
    const { client } = setUp()
    for (const wrong of [null, 7, 'x', []]) {
      const calls = [
        () => client.request('GET', '/x', wrong as never),
        () => client.request('GET', wrong as never),
        () => client.list({}, wrong as never),
      ]
      for (const call of calls) {
        let promise: Promise<unknown> | undefined
        expect(() => {
          promise = call()
        }).not.toThrow()
        const error = await promise?.catch((caught: unknown) => caught)
        if (error instanceof Error) expect(isOneBalanceError(error)).toBe(true)
      }
    }
  })
})
