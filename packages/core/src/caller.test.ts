import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CANARY, json, rejection, stubClient, stubFetch } from '../test/transport.ts'
import {
  type Adapter,
  ConfigurationError,
  createCaller,
  createClient,
  type Event,
  ExecutionError,
  endpoint,
  listAssets,
  type OneBalanceError,
  OutcomeUnknownError,
  webAdapter,
} from './index.ts'

const move = endpoint({
  method: 'POST',
  path: '/move',
  input: v.looseObject({ id: v.string() }),
  output: v.looseObject({ error: v.nullish(v.string()) }),
  retry: 'once',
  quoteId: ({ id }) => id,
  failure: ({ error }) => error || undefined,
})

/** Rejections that nobody handled, as the runtime tells them. */
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown): void => void unhandled.push(reason)
type Emitter = { on(name: string, fn: unknown): void; off(name: string, fn: unknown): void }
const { process } = globalThis as unknown as { process: Emitter }
beforeAll(() => process.on('unhandledRejection', onUnhandled))
afterAll(async () => {
  await new Promise((resolve) => setTimeout(resolve, 0))
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
})

describe('a call', () => {
  it('gives the data, or the data and what came with it', async () => {
    const { client } = stubClient((_, index) => (index === 0 ? json({}, 503) : json([], 200, { 'x-request-id': 'r' })))
    const { data, response } = await client.assets.list().withResponse()
    expect(data).toEqual([])
    expect(response).toMatchObject({
      status: 200,
      requestId: 'r',
      attempts: [{ status: 503, error: 'server_error' }, { status: 200 }],
    })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.durationMs).toBeGreaterThanOrEqual(0)
    expect(await client.assets.list()).toEqual([])
  })

  it('that fails can be watched through either promise, or both', async () => {
    const { client } = stubClient(() => json({}, 400))
    const onlyResponse = client.assets.list()
    await expect(onlyResponse.withResponse()).rejects.toMatchObject({ status: 400 })
    const both = client.assets.list()
    await expect(both).rejects.toMatchObject({ status: 400 })
    await expect(both.withResponse()).rejects.toMatchObject({ status: 400 })
  })

  it('is the same through the tree-shakable form', async () => {
    const { fetch, sent } = stubFetch()
    const call = createCaller({ apiKey: CANARY, fetch })
    expect(await call(listAssets)).toEqual([])
    expect(await call(listAssets, {})).toEqual([])
    expect(sent[0]?.url).toBe('https://be.onebalance.io/api/assets/list')
  })

  it('says who it is', async () => {
    const { client, sent } = stubClient()
    await client.assets.list()
    expect(sent[0]?.headers.get('user-agent')).toMatch(/^onebalance-sdk\/\S+ \(web\)$/)
    expect(sent[0]?.headers.get('accept')).toBe('application/json')
    const named = stubClient(undefined, { userAgent: 'my-app/1' })
    await named.client.assets.list()
    expect(named.sent[0]?.headers.get('user-agent')).toBe('my-app/1')
  })
})

describe('close()', () => {
  it('refuses further calls and lets those under way end', async () => {
    let release = (_: Response): void => {}
    const { client, sent } = stubClient(() => new Promise((resolve) => (release = resolve)))
    const underWay = client.assets.list()
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    await client.close()
    const error = await rejection(client.chains.list())
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toContain('closed')
    expect(await rejection(client.request('GET', '/x'))).toBeInstanceOf(ConfigurationError)
    release(json([]))
    expect(await underWay).toEqual([])
    await client.close()
    expect(sent).toHaveLength(1)
  })

  it('closes the transport, through `await using` too', async () => {
    const close = vi.fn(async () => {})
    const adapter: Adapter = { name: 'test', createTransport: () => ({ fetch: async () => json([]), close }) }
    const client = createClient({ apiKey: CANARY }, adapter)
    await client[Symbol.asyncDispose]()
    expect(close).toHaveBeenCalledTimes(1)
  })
})

describe('a once call', () => {
  const run = (answer: () => Response | Promise<Response>, endpointInput = { id: '0xq' }) => {
    const { fetch, sent } = stubFetch(answer)
    const call = createCaller({ apiKey: CANARY, fetch, runtime: { sleep: async () => {} } })
    return { sent, error: rejection<OneBalanceError>(call(move, endpointInput)) }
  }

  it.each<[string, () => Response, string]>([
    ['a 500', () => json({}, 500), 'server_error'],
    ['a 503', () => json({}, 503), 'server_error'],
    ['a 408', () => json({}, 408), 'request_rejected'],
    [
      'a broken connection',
      () => {
        throw new TypeError('fetch failed')
      },
      'network',
    ],
    ['an answer that is not JSON', () => new Response('<p>'), 'invalid_response'],
    ['an answer off contract', () => json({ error: 7 }), 'invalid_response'],
    ['an empty answer', () => new Response(''), 'invalid_response'],
  ])('hides its outcome behind %s, is sent once, and names its quote', async (_, answer, code) => {
    const { sent, error: promise } = run(answer)
    const error = await promise
    expect(error).toBeInstanceOf(OutcomeUnknownError)
    expect(error).toMatchObject({ code: 'outcome_unknown', outcome: 'unknown', quoteId: '0xq', cause: { code } })
    expect((error.cause as OneBalanceError).attempts).toHaveLength(1)
    expect(error.attempts).toHaveLength(1)
    expect(error.hint).toMatch(/not send it again/)
    expect(sent).toHaveLength(1)
  })

  it.each([400, 401, 402, 403, 404, 409, 422, 425, 429])('is plainly rejected by %i', async (status) => {
    const { sent, error } = run(() => json({}, status))
    expect(await error).toMatchObject({ status, outcome: 'rejected', quoteId: '0xq' })
    expect(sent).toHaveLength(1)
  })

  it('that the API refuses inside a 2xx is an ExecutionError with its words', async () => {
    const { sent, error: promise } = run(() => json({ success: false, error: 'insufficient balance' }))
    const error = await promise
    expect(error).toBeInstanceOf(ExecutionError)
    expect(error).toMatchObject({
      code: 'execution_failed',
      outcome: 'unknown',
      status: 200,
      quoteId: '0xq',
      serverError: { error: 'insufficient balance' },
    })
    expect(error.message).toContain('insufficient balance')
    expect(sent).toHaveLength(1)
  })

  it('whose input is wrong sends nothing', async () => {
    const { sent, error } = run(() => json({}), {} as { id: string })
    expect(await error).toMatchObject({ code: 'invalid_input', outcome: 'not_sent' })
    expect(sent).toHaveLength(0)
  })
})

describe('hooks', () => {
  it('are told what happens, in order, and hold no query', async () => {
    const events: Event[] = []
    const note = (event: Event) => void events.push(event)
    const hooks = { request: note, response: note, retry: note, wait: note, error: note }
    const { client } = stubClient((_, index) => (index === 0 ? json({}, 503) : json({}, 404)), {
      hooks,
      runtime: { now: () => 5, random: () => 0.5, sleep: async () => {} },
    })
    await rejection(client.request('GET', '/x', { query: { secret: CANARY } }))
    const place = { at: 5, method: 'GET', path: '/x' }
    expect(events).toEqual([
      { ...place, type: 'request', attempt: 1 },
      { ...place, type: 'response', attempt: 1, status: 503 },
      { ...place, type: 'retry', attempt: 1, status: 503, waitMs: 250, reason: 'server_error' },
      { ...place, type: 'request', attempt: 2 },
      { ...place, type: 'response', attempt: 2, status: 404 },
      { ...place, type: 'error', attempt: 2, status: 404, reason: 'not_found' },
    ])
  })

  it('cannot change a call: not by throwing, not by rejecting, not by writing to the event', async () => {
    const hook = vi.fn((event: Event): void => {
      Reflect.set(event, 'path', '/evil')
      throw new Error('hook')
    })
    const rejecting = vi.fn(() => Promise.reject(new Error('hook')) as unknown as undefined)
    const { client, sent } = stubClient(undefined, { hooks: { request: hook, response: rejecting } })
    expect(await client.assets.list()).toEqual([])
    expect(hook).toHaveBeenCalledTimes(1)
    expect(rejecting).toHaveBeenCalledTimes(1)
    expect(sent).toHaveLength(1)
  })

  it('are told when a call waits for its place', async () => {
    const events: Event[] = []
    const { client } = stubClient(undefined, { maxConcurrent: 1, hooks: { wait: (event) => void events.push(event) } })
    await Promise.all([client.assets.list(), client.assets.list()])
    expect(events).toMatchObject([{ type: 'wait', reason: 'concurrency' }])
  })
})

describe('an adapter', () => {
  it('gives key, base and transport, guards each attempt, and hears every event', async () => {
    const { fetch, sent } = stubFetch((_, index) => (index === 0 ? json({}, 503) : json([])))
    const events: string[] = []
    const guard = vi.fn()
    const keySource = vi.fn(() => () => CANARY)
    const client = createClient(
      { runtime: { sleep: async () => {} } },
      {
        name: 'test',
        createTransport: () => ({ fetch }),
        keySource,
        baseURL: () => 'https://env.example',
        guard,
        onEvent: ({ type }) => void events.push(type),
      },
    )
    await client.assets.list()
    expect(sent[0]?.url).toBe('https://env.example/api/assets/list')
    expect(sent[0]?.headers.get('x-api-key')).toBe(CANARY)
    expect(guard.mock.calls).toEqual([[sent[0]?.url], [sent[0]?.url]])
    expect(events).toEqual(['request', 'response', 'retry', 'request', 'response'])
    expect(keySource).toHaveBeenCalledTimes(1)
  })

  it('whose guard refuses sends nothing and asks for no key', async () => {
    const { fetch, sent } = stubFetch()
    const apiKey = vi.fn(() => CANARY)
    const refusal = new ConfigurationError({ message: 'TLS is off' })
    const adapter: Adapter = {
      ...webAdapter,
      guard: () => {
        throw refusal
      },
    }
    expect(await rejection(createClient({ apiKey, fetch }, adapter).assets.list())).toBe(refusal)
    expect([sent.length, apiKey.mock.calls.length]).toEqual([0, 0])
  })

  it('that reports the start of a request proves what was sent', async () => {
    const failing = (reports: boolean): Adapter => ({
      name: 'test',
      createTransport: () => ({
        reportsStart: true,
        fetch: async (_url, init) => {
          if (reports) (init as unknown as Record<symbol, () => void>)[Symbol.for('onebalance.requestStart')]?.()
          throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })
        },
      }),
    })
    const call = (reports: boolean) =>
      rejection<OneBalanceError>(createCaller({ apiKey: CANARY, retry: false }, failing(reports))(move, { id: '0xq' }))
    expect(await call(true)).toMatchObject({ code: 'outcome_unknown', cause: { phase: 'response' } })
    expect(await call(false)).toMatchObject({ code: 'network', phase: 'connect', outcome: 'not_sent' })
  })

  it('that cannot honour `ca` says so at creation', () => {
    expect(() => createClient({ apiKey: CANARY, ca: 'PEM' })).toThrow(/ca: .*@ob\/node/)
  })
})
