import { afterEach, describe, expect, it, vi } from 'vitest'
import { CANARY, json, rejection, stubFetch } from '../test/transport.ts'
import { ConfigurationError, createCaller, createClient, isOneBalanceError } from './index.ts'

const { fetch } = stubFetch()
const make = (options: object) => () => createClient({ apiKey: CANARY, fetch, ...options })

describe('options that cannot be used', () => {
  it.each<[string, object]>([
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: -1 }],
    ['timeout', { timeout: Number.NaN }],
    ['timeout', { timeout: '1000' }],
    ['deadline', { deadline: 0 }],
    ['deadline', { deadline: null }],
    ['maxResponseBytes', { maxResponseBytes: 0 }],
    ['maxConcurrent', { maxConcurrent: 0 }],
    ['maxConcurrent', { maxConcurrent: 'many' }],
    ['retry', { retry: true }],
    ['retry', { retry: 3 }],
    ['retry', { retry: null }],
    ['retry.maxRetries', { retry: { maxRetries: -1 } }],
    ['retry.baseDelay', { retry: { baseDelay: Number.NaN } }],
    ['retry.maxDelay', { retry: { maxDelay: '1' } }],
    ['retry.maxRetryAfter', { retry: { maxRetryAfter: -1 } }],
    ['retry.budget.capacity', { retry: { budget: { capacity: -1 } } }],
    ['retry.budget.refill', { retry: { budget: { refill: 'x' } } }],
    ['validate', { validate: 'no' }],
    ['fetch', { fetch: 'fetch' }],
    ['fetch', { fetch: null }],
    ['hooks.request', { hooks: { request: 'x' } }],
    ['api', { api: { name: 'x' } }],
    ['userAgent', { userAgent: 'é' }],
    ['headers', { headers: { 'x y': '1' } }],
  ])('%s: %o', (option, options) => {
    expect(make(options)).toThrow(ConfigurationError)
    expect(make(options)).toThrow(new RegExp(`^${option.replaceAll('.', '\\.')}`))
  })

  it.each([null, 7, 'x'])('no object: %j', (options) => {
    expect(() => createClient(options as never)).toThrow(ConfigurationError)
    expect(() => createCaller(options as never)).toThrow(ConfigurationError)
  })

  it.each<[object]>([
    [{ timeout: 0 }],
    [{ deadline: 'x' }],
    [{ retry: 1 }],
    [{ validate: 1 }],
    [{ signal: {} }],
    [{ signal: null }],
    [{ headers: { host: 'x' } }],
  ])('of a call: %o', async (options) => {
    const { fetch, sent } = stubFetch()
    const error = await rejection(createClient({ apiKey: CANARY, fetch }).assets.list(undefined, options))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(sent).toHaveLength(0)
  })

  it('with a hint that names the option', () => {
    try {
      make({ retry: { maxRetries: -1 } })()
    } catch (error) {
      expect(isOneBalanceError(error) && error.hint).toContain('retry')
    }
    expect.assertions(1)
  })
})

it('undefined is as good as left out', async () => {
  const names = [
    'baseURL',
    'timeout',
    'deadline',
    'retry',
    'headers',
    'validate',
    'maxConcurrent',
    'maxResponseBytes',
    'userAgent',
    'hooks',
    'runtime',
    'api',
    'ca',
  ]
  const client = make(Object.fromEntries(names.map((name) => [name, undefined])))()
  expect(
    await client.assets.list(undefined, {
      timeout: undefined,
      retry: undefined,
      signal: undefined,
      headers: { 'x-a': undefined as never },
    }),
  ).toEqual([])
})

it('what a call says comes before what the client says', async () => {
  const stub = stubFetch(() => json({}, 503))
  const client = createClient({ apiKey: CANARY, fetch: stub.fetch, retry: false, runtime: { sleep: async () => {} } })
  await rejection(client.assets.list())
  expect(stub.sent).toHaveLength(1)
  await rejection(client.assets.list(undefined, { retry: { maxRetries: 1 } }))
  expect(stub.sent).toHaveLength(3)
})

describe('a key in a page', () => {
  afterEach(() => vi.unstubAllGlobals())
  const openPage = () => {
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', {})
    vi.stubGlobal('process', undefined)
  }

  it('is refused', () => {
    openPage()
    expect(make({})).toThrow(/@ob\/browser/)
    expect(make({ apiKey: undefined })).toThrow(ConfigurationError)
  })

  it('is taken where the user insists, and none is fine', () => {
    openPage()
    expect(make({ dangerouslyAllowBrowser: true })).not.toThrow()
    expect(make({ apiKey: null })).not.toThrow()
  })

  it('is no page in Node.js with a simulated DOM', () => {
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', {})
    expect(make({})).not.toThrow()
  })
})
