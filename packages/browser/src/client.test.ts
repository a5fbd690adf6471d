import { type Sandbox, startSandbox } from '@ob/sandbox'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Answer, type Arrived, type RecordingProxy, startProxy } from '../test/recording-proxy.ts'
import {
  type BrowserClientOptions,
  createCaller,
  createClient,
  isOneBalanceError,
  listAssets,
  type OneBalanceError,
  type Quote,
  type QuoteInput,
  readStatus,
  signQuote,
} from './index.ts'

const CANARY = 'ob_test_9fQ2xVb7LmZ4kT8wR1cY6hJd'
const ACCOUNT = 'eip155:1:0xd8da6bf26964af9d7eed9e03e53415d37aa96045'
const QUOTE_INPUT: QuoteInput = {
  from: {
    accounts: [
      {
        type: 'role-based',
        sessionAddress: '0x1111111111111111111111111111111111111111',
        adminAddress: '0x2222222222222222222222222222222222222222',
        accountAddress: '0x3333333333333333333333333333333333333333',
      },
    ],
    asset: { assetId: 'ob:usdc' },
    amount: '1000000',
  },
  to: { asset: { assetId: 'ob:eth' } },
}

let sandbox: Sandbox
let proxy: RecordingProxy
let answer: (request: Arrived, index: number) => Answer | undefined = () => undefined
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())
afterEach(async () => {
  await proxy?.close()
  vi.unstubAllGlobals()
})

/** A client of a new proxy; its waits pass on the sandbox's clock. */
async function connect(
  next: (request: Arrived, index: number) => Answer | undefined = () => undefined,
  options: Omit<Partial<BrowserClientOptions>, 'api'> = {},
) {
  answer = next
  proxy = await startProxy((request, index) => answer(request, index), sandbox)
  return createClient({
    proxyURL: proxy.url,
    runtime: { now: sandbox.clock.now, sleep: async (ms) => void sandbox.clock.advance(ms) },
    ...options,
  })
}

function sign(quote: Quote): Promise<Quote> {
  return signQuote(quote, { evm: { signTypedData: () => '0x01ff', signUserOperation: () => '0x01ff' } })
}

async function rejection(promise: Promise<unknown>): Promise<OneBalanceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isOneBalanceError(error)) throw new Error(`not an error of the library: ${error}`)
  return error
}

test('a swap goes through the proxy, and the client sends no key', async () => {
  const ob = await connect()
  const assets = await ob.assets.list()
  expect(assets.length).toBeGreaterThan(0)
  const quote = await sign(await ob.quotes.create(QUOTE_INPUT))
  const done = await ob.quotes.executeAndWait(quote)
  expect(readStatus(done)).toBe('COMPLETED')
  expect(sandbox.executed.get(quote.id)).toBe(1)
  for (const { headers } of proxy.arrived) {
    expect(headers).not.toHaveProperty('x-api-key')
    expect(headers).not.toHaveProperty('authorization')
    expect(headers['x-ob-client']).toMatch(/^browser\/\d+\.\d+\.\d+/)
  }
})

test('createCaller sends the same', async () => {
  await connect()
  const call = createCaller({ proxyURL: new URL(proxy.url) })
  expect((await call(listAssets)).length).toBeGreaterThan(0)
  await call.request('GET', '/api/chains/supported-list')
  expect(proxy.arrived.map(({ path }) => path)).toEqual([
    '/onebalance/api/assets/list',
    '/onebalance/api/chains/supported-list',
  ])
  await call.close()
  await expect(call(listAssets)).rejects.toMatchObject({ code: 'configuration' })
})

test('a body is a string with a length and goes out once, also that of an execution', async () => {
  const bodies: unknown[] = []
  const ob = await connect(undefined, {
    fetch: (url, init) => {
      bodies.push(init.body)
      expect(init).not.toHaveProperty('duplex')
      return fetch(url, init)
    },
  })
  const quote = await sign(await ob.quotes.create(QUOTE_INPUT))
  await ob.quotes.execute(quote)
  expect(bodies.map((body) => typeof body)).toEqual(['string', 'string'])
  expect(JSON.parse(proxy.arrived[1]?.body ?? '')).toEqual(quote)
  for (const { headers, body } of proxy.arrived) {
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
    expect(headers).not.toHaveProperty('transfer-encoding')
    expect(headers['user-agent']).not.toContain('onebalance')
  }
  expect(sandbox.executed.get(quote.id)).toBe(1)
})

test('each attempt of a POST has a call id of its own, and a GET has none', async () => {
  const ob = await connect((_, index) => (index < 3 ? { status: 503 } : undefined))
  await ob.quotes.create(QUOTE_INPUT, { headers: { 'x-ob-call': 'mine' } })
  await ob.assets.list(undefined, { headers: { 'x-ob-call': 'mine' } })
  const ids = proxy.arrived.map(({ headers }) => headers['x-ob-call'])
  expect(ids.slice(0, 4)).toEqual(Array(4).fill(expect.stringMatching(/^[\da-f]{32}$/)))
  expect(new Set(ids.slice(0, 4)).size).toBe(4)
  expect(ids[4]).toBeUndefined()
  expect(proxy.arrived.some(({ rawHeaders }) => rawHeaders.some((part) => /idempotency/i.test(part)))).toBe(false)
})

test('the platform is told to keep no answer, to follow no redirect and where cookies go', async () => {
  const seen: RequestInit[] = []
  const spy = async (_: string, init: RequestInit) => {
    seen.push(init)
    return Response.json([])
  }
  await createClient({ proxyURL: 'https://app.example/onebalance', fetch: spy }).assets.list()
  await createClient({ proxyURL: 'https://app.example', fetch: spy, credentials: 'include' }).assets.list()
  expect(seen).toMatchObject([
    { redirect: 'manual', cache: 'no-store', credentials: 'same-origin' },
    { redirect: 'manual', cache: 'no-store', credentials: 'include' },
  ])
})

test('the global fetch is looked up for each request', async () => {
  const ob = createClient({ proxyURL: 'https://app.example/onebalance' })
  const replaced = vi.fn(async () => Response.json([]))
  vi.stubGlobal('fetch', replaced)
  await ob.assets.list()
  expect(replaced).toHaveBeenCalledOnce()
})

test.each([
  ['a relative path', '/onebalance', 'https://app.example/onebalance/api/assets/list'],
  ['a relative path with a slash at its end', '/onebalance/', 'https://app.example/onebalance/api/assets/list'],
  ['the root', '/', 'https://app.example/api/assets/list'],
  ['an address', 'https://proxy.example/ob', 'https://proxy.example/ob/api/assets/list'],
  ['a URL', new URL('https://proxy.example/ob'), 'https://proxy.example/ob/api/assets/list'],
])('proxyURL may be %s', async (_, proxyURL, expected) => {
  vi.stubGlobal('location', { origin: 'https://app.example', href: 'https://app.example/deep/page' })
  const urls: string[] = []
  const fetch = async (url: string) => {
    urls.push(url)
    return Response.json([])
  }
  await createClient({ proxyURL, fetch }).assets.list()
  expect(urls).toEqual([expected])
})

test.each([
  ['nothing', undefined, 'configuration', /proxyURL: there is none/],
  ['null', null, 'configuration', /proxyURL: there is none/],
  ['an empty string', '', 'insecure_url', /proxyURL must be a URL/],
  ['a number', 1, 'insecure_url', /proxyURL must be a URL/],
  ['a name', 'onebalance', 'insecure_url', /proxyURL has no scheme/],
  ['another host without a scheme', '//evil.example/x', 'insecure_url', /proxyURL has no scheme/],
  ['plain HTTP elsewhere', 'http://app.example/onebalance', 'insecure_url', /proxyURL is not https/],
  ['plain HTTP on the network', 'http://192.168.1.5/onebalance', 'insecure_url', /proxyURL is not https/],
  ['user info', 'https://me:secret@app.example', 'insecure_url', /proxyURL holds user info/],
  ['a query', '/onebalance?x=1', 'insecure_url', /proxyURL has a query/],
  ['a step up', '/onebalance/../admin', 'insecure_url', /proxyURL: the path prefix must not hold/],
  ['a backslash', '/\\evil.example', 'insecure_url', /proxyURL holds a character/],
  ['a doubled prefix', '/api', 'configuration', /proxyURL: must not end in \/api/],
])('proxyURL must not be %s', (_, proxyURL, code, message) => {
  vi.stubGlobal('location', { origin: 'https://app.example' })
  const fetch = vi.fn()
  expect(() => createClient({ proxyURL: proxyURL as string, fetch })).toThrowError(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  )
  try {
    createClient({ proxyURL: proxyURL as string, fetch })
  } catch (error) {
    const { message, hint } = error as OneBalanceError
    expect(message + hint).not.toMatch(/apiKey|baseURL|allowInsecureLoopback|secret/)
  }
})

test.each([
  ['there is no location', undefined],
  ['the origin is opaque', { origin: 'null', href: 'about:srcdoc' }],
])('a relative proxyURL is refused where %s, and an address is not', (_, location) => {
  vi.stubGlobal('location', location)
  expect(() => createClient({ proxyURL: '/onebalance' })).toThrowError(
    expect.objectContaining({
      code: 'configuration',
      message: expect.stringMatching(/relative.*https:\/\/app\.example/),
    }),
  )
  expect(() => createClient({ proxyURL: 'https://app.example/onebalance' })).not.toThrow()
})

test.each([CANARY, null, '', () => CANARY, {}, 0])('an apiKey is refused, whatever it is: %o', (apiKey) => {
  for (const create of [createClient, createCaller]) {
    const error = caught(() => create({ proxyURL: 'https://app.example', apiKey } as never))
    expect(error).toMatchObject({ code: 'configuration', hint: expect.stringContaining('@ob/proxy') })
    expect(JSON.stringify(error)).not.toContain(CANARY)
  }
})

test.each(['x-api-key', 'X-API-Key', 'X-Api-KEY', 'authorization', 'Authorization', 'AUTHORIZATION', 'aUthorization'])(
  'a header %s is refused, of the client and of a call, and nothing is sent',
  async (name) => {
    const headers = { [name]: CANARY }
    const error = caught(() => createClient({ proxyURL: 'https://app.example', headers }))
    expect(error).toMatchObject({ code: 'configuration', hint: expect.stringContaining('@ob/proxy') })
    const ob = await connect()
    const calls = [
      ob.assets.list(undefined, { headers }),
      ob.request('POST', '/api/x', { headers }),
      ob.transactions.list({ user: ACCOUNT }, { headers }).page(),
      ob.executions.wait({ quoteId: 'a' }, { headers }),
      createCaller({ proxyURL: proxy.url })(listAssets, undefined, { headers }),
    ]
    for (const call of calls) {
      const error = await rejection(call)
      expect(error).toMatchObject({ code: 'configuration', outcome: 'not_sent', retryable: false })
      expect(error.hint).toContain('@ob/proxy')
      expect(JSON.stringify(error)).not.toContain(CANARY)
    }
    expect(proxy.arrived).toEqual([])
  },
)

test("the header of another API's key is refused too, and a header of your own passes", async () => {
  const { defineApi, oneBalance } = await import('./index.ts')
  const api = defineApi({ ...oneBalance, keyHeader: 'X-Items-Key' })
  const ob = await connect()
  const other = createClient({ proxyURL: proxy.url, api, headers: { 'x-csrf-token': 't' } })
  await expect(other.assets.list({}, { headers: { 'x-items-key': CANARY } })).rejects.toMatchObject({
    code: 'configuration',
  })
  await other.assets.list()
  await ob.assets.list()
  expect(proxy.arrived.map(({ headers }) => headers['x-csrf-token'])).toEqual(['t', undefined])
})

test.each([
  [{ baseURL: 'https://be.onebalance.io' }, /baseURL: use proxyURL/],
  [{ ca: 'PEM' }, /^ca:/],
  [{ credentials: 'omit' }, /^credentials:/],
  [{ fetch: 'fetch' }, /^fetch:/],
  [{ api: {} }, /^api:/],
  [{ api: null }, /^api:/],
  [{ headers: { cookie: 'a=b' } }, /cookie/],
])('%o is refused', (options, message) => {
  expect(() => createClient({ proxyURL: 'https://app.example', ...options } as never)).toThrowError(
    expect.objectContaining({ code: 'configuration', message: expect.stringMatching(message) }),
  )
})

test.each([undefined, null, 'https://app.example'])('options must be an object, not %o', (options) => {
  expect(() => createClient(options as never)).toThrowError(expect.objectContaining({ code: 'configuration' }))
})

test('a 409 outcome_unknown of the proxy is OutcomeUnknownError, and is not sent again', async () => {
  const body = { error: 'Conflict', message: 'the answer was lost', code: 'outcome_unknown' }
  const ob = await connect(({ method }) => (method === 'POST' ? { status: 409, body } : undefined))
  const error = await rejection(ob.quotes.create(QUOTE_INPUT))
  expect(error).toMatchObject({
    name: 'OutcomeUnknownError',
    code: 'outcome_unknown',
    outcome: 'unknown',
    retryable: false,
    cause: { status: 409, serverError: { code: 'outcome_unknown' } },
  })
  expect(proxy.arrived).toHaveLength(1)
})

test('executeAndWait asks for the status after a 409 outcome_unknown, and does not execute again', async () => {
  const lost = { status: 409, body: { message: 'the answer was lost', code: 'outcome_unknown' } }
  const isExecution = ({ path }: Arrived) => path.endsWith('/quote/execute-quote')
  const ob = await connect((request) => (isExecution(request) ? { ...lost, afterSending: true } : undefined))
  const quote = await sign(await ob.quotes.create(QUOTE_INPUT))
  const done = await ob.quotes.executeAndWait(quote)
  expect(readStatus(done)).toBe('COMPLETED')
  expect(proxy.arrived.filter(isExecution)).toHaveLength(1)
  expect(sandbox.executed.get(quote.id)).toBe(1)
})

test.each([409, 400, 422])('another %i is the plain error', async (status) => {
  const ob = await connect(() => ({
    status,
    body: { message: 'no', code: status === 409 ? 'conflict' : 'outcome_unknown' },
  }))
  expect(await rejection(ob.quotes.create(QUOTE_INPUT))).toMatchObject({ code: 'request_rejected', status })
})

test.each([
  [401, 'unauthorized', 'AuthenticationError', 'unauthorized', /sign in/],
  [403, 'origin', 'PermissionError', 'forbidden', /origin/],
  [404, 'not_found', 'NotFoundError', 'not_found', /allow/],
  [429, 'rate_limited', 'RateLimitError', 'rate_limited', /retryAfter/],
  [502, 'upstream_auth', 'ServerError', 'server_error', /upstream_auth.*refused its key/],
])('a %i of the proxy says what to do in a page', async (status, serverCode, name, code, hint) => {
  const ob = await connect(() => ({ status, body: { error: 'x', message: 'y', code: serverCode } }), { retry: false })
  const error = await rejection(ob.assets.list())
  expect(error).toMatchObject({ name, code, status, serverError: { code: serverCode } })
  expect(error.hint).toMatch(hint)
  expect(error.hint).not.toMatch(/ONEBALANCE_API_KEY|baseURL|public testing key/)
  expect(proxy.arrived).toHaveLength(1)
})

test('a read is retried after 502, 503 and 504, and Retry-After is waited for', async () => {
  const waits: number[] = []
  const ob = await connect(
    (_, index) => (index < 3 ? { status: 502 + index, headers: { 'retry-after': '2' } } : undefined),
    { runtime: { sleep: async (ms) => void waits.push(ms) } },
  )
  await ob.assets.list()
  expect(proxy.arrived).toHaveLength(4)
  expect(waits.every((ms) => ms >= 2_000)).toBe(true)
})

test('an execution is sent once when the proxy answers 503', async () => {
  const ob = await connect(({ path }) => (path.includes('execute') ? { status: 503 } : undefined))
  const quote = await ob.quotes.create(QUOTE_INPUT)
  expect(await rejection(ob.quotes.execute(quote))).toMatchObject({ code: 'outcome_unknown', quoteId: quote.id })
  expect(proxy.arrived.filter(({ path }) => path.includes('execute'))).toHaveLength(1)
})

test('a redirect is not followed', async () => {
  const ob = await connect(() => ({ status: 302, headers: { location: '/login' } }))
  expect(await rejection(ob.assets.list())).toMatchObject({ code: 'unexpected_redirect' })
  expect(proxy.arrived).toHaveLength(1)
})

test('an opaque redirect, as a browser shows it, is a redirect', async () => {
  const opaque = Object.defineProperties(Response.error(), { type: { value: 'opaqueredirect' } })
  const ob = createClient({ proxyURL: 'https://app.example', fetch: async () => opaque })
  expect(await rejection(ob.assets.list())).toMatchObject({ code: 'unexpected_redirect', outcome: 'rejected' })
})

test('a signal ends a call', async () => {
  const ob = await connect()
  const controller = new AbortController()
  const call = createClient({
    proxyURL: proxy.url,
    fetch: (url, init) => {
      controller.abort('enough')
      return fetch(url, init)
    },
  }).quotes.create(QUOTE_INPUT, { signal: controller.signal })
  expect(await rejection(call)).toMatchObject({ code: 'aborted', cause: 'enough' })
  await ob.close()
})

test('options are read once, so a getter cannot bring in a key later', async () => {
  await connect()
  const asked: Record<string, number> = {}
  const values: Record<string, unknown> = { proxyURL: proxy.url }
  const late = { apiKey: CANARY, headers: { 'x-api-key': CANARY }, baseURL: 'https://evil.example' }
  const options = {}
  for (const name of ['proxyURL', 'apiKey', 'headers', 'baseURL', 'fetch', 'api', 'credentials'])
    Object.defineProperty(options, name, {
      enumerable: true,
      get: () => {
        asked[name] = (asked[name] ?? 0) + 1
        return asked[name] > 1 ? late[name as keyof typeof late] : values[name]
      },
    })
  await createClient(options as unknown as { proxyURL: string }).assets.list()
  expect(Object.values(asked)).toEqual(Array(7).fill(1))
  expect(proxy.arrived[0]?.headers).not.toHaveProperty('x-api-key')
})

function caught(create: () => unknown): unknown {
  try {
    create()
  } catch (error) {
    return error
  }
  throw new Error('did not throw')
}
