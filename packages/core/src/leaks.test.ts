import { describe, expect, it, vi } from 'vitest'
import { findLeaks, formsOf } from '../test/leaks.ts'
import { type Answer, CANARY, chunked, json, stubFetch } from '../test/transport.ts'
import {
  type Client,
  type ClientOptions,
  createCaller,
  createClient,
  type Event,
  type KeySource,
  listAssets,
  type OneBalanceError,
} from './index.ts'

const escaped = [...CANARY].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')

/** Ways in which a call can end; each answer tries to carry the key out. */
const ENDINGS: readonly (readonly [code: string, Answer, Partial<ClientOptions>?])[] = [
  ['success', () => json([{ echo: CANARY }], 200, { 'x-request-id': CANARY, 'x-echo': CANARY }), { validate: false }],
  [
    'unauthorized',
    () => json({ error: CANARY, message: `bad key ${CANARY}`, code: CANARY }, 401, { 'x-request-id': CANARY }),
  ],
  ['forbidden', () => new Response(`{"message":"${escaped}"}`, { status: 403 })],
  ['not_found', () => new Response(`<h1>${CANARY}</h1>`, { status: 404 })],
  ['rate_limited', () => json({ message: [CANARY] }, 429, { 'retry-after': '86400' })],
  ['request_rejected', () => json({ error: { message: CANARY } }, 400)],
  ['server_error', () => json({ message: CANARY }, 500)],
  [
    'network',
    () => {
      throw Object.assign(new TypeError(`bad header ${CANARY}`), { headers: { 'x-api-key': CANARY } })
    },
  ],
  ['network', () => chunked([`["${CANARY}`], { error: new Error(CANARY) })],
  ['timeout', () => new Promise(() => {}), { timeout: 5 }],
  ['invalid_response', () => new Response(`<p>${CANARY}`)],
  ['invalid_response', () => json({ [CANARY]: CANARY })],
  ['response_too_large', () => json([CANARY.repeat(100)]), { maxResponseBytes: 1_000 }],
  [
    'unexpected_redirect',
    () => new Response(null, { status: 302, headers: { location: `https://evil.test/${CANARY}?k=${CANARY}` } }),
  ],
  ['configuration', () => json([]), { apiKey: () => `${CANARY}\r\nx-evil: 1` }],
  ['insecure_url', () => json([]), {}],
  ['outcome_unknown', () => json({ message: CANARY }, 503)],
  ['aborted', () => json([])],
]

async function endCall(code: string, client: Client): Promise<unknown> {
  if (code === 'insecure_url') return client.request('GET', '//evil.test/').catch((error: unknown) => error)
  if (code === 'outcome_unknown')
    return client.request('POST', '/x', { body: { key: CANARY } }).catch((error: unknown) => error)
  if (code === 'aborted')
    return client.assets.list(undefined, { signal: AbortSignal.abort() }).catch((error: unknown) => error)
  return client.assets
    .list()
    .withResponse()
    .catch((error: unknown) => error)
}

/** What writes a value out, beside walking it. */
function prints(value: unknown): unknown[] {
  const attempts = [
    () => JSON.stringify(value),
    () => String(value),
    () => structuredClone(value),
    () => Object.entries(value as object),
  ]
  return attempts.map((print) => {
    try {
      return print()
    } catch (error) {
      return String(error)
    }
  })
}

const sources: readonly (readonly [string, () => KeySource])[] = [
  ['a literal', () => CANARY],
  ['a function', () => vi.fn(async () => CANARY)],
]

describe.each(sources)('with %s as the key, nothing holds it', (_, makeSource) => {
  it.each(ENDINGS.map((ending) => [ending[0], ending] as const))('after %s', async (_code, [code, answer, options]) => {
    const { fetch, sent } = stubFetch(answer)
    const events: Event[] = []
    const note = (event: Event) => void events.push(event)
    const hooks = { request: note, response: note, retry: note, wait: note, error: note }
    const client = createClient({
      apiKey: makeSource(),
      fetch,
      retry: false,
      runtime: { sleep: async () => {} },
      hooks,
      ...(options as object),
    })
    const end = await endCall(code, client)
    if (code !== 'success') expect(end).toMatchObject({ code })
    if (sent.length > 0) expect(sent[0]?.headers.get('x-api-key')).toBe(CANARY)
    expect(findLeaks({ end, events, client }, CANARY)).toEqual([])
    expect(findLeaks(prints(end), CANARY)).toEqual([])
    expect(findLeaks(prints(client), CANARY)).toEqual([])
    if (code !== 'success') expect(findLeaks((end as OneBalanceError).toJSON(), CANARY)).toEqual([])
  })

  it('in the tree-shakable form', async () => {
    const { fetch } = stubFetch()
    const call = createCaller({ apiKey: makeSource(), fetch })
    const promise = call(listAssets)
    const result = await promise.withResponse()
    expect(findLeaks([call, promise, result], CANARY)).toEqual([])
  })

  it('at creation with another bad option', () => {
    const errors = [
      { timeout: 0 },
      { baseURL: 'http://x' },
      { headers: { 'x-api-key': CANARY } },
      { baseURL: `https://${CANARY}@x` },
    ].map((options) => {
      try {
        return createClient({ apiKey: makeSource(), ...options })
      } catch (error) {
        return error
      }
    })
    expect(errors).toMatchObject([
      { code: 'configuration' },
      { code: 'insecure_url' },
      { code: 'configuration' },
      { code: 'insecure_url' },
    ])
    expect(findLeaks(errors, CANARY)).toEqual([])
  })
})

describe('the search itself', () => {
  class Holder {
    #hidden = CANARY
    get key() {
      return this.#hidden
    }
  }
  class Heir extends Holder {}
  const hide = (descriptor: PropertyDescriptor, name: PropertyKey = 'x') => Object.defineProperty({}, name, descriptor)

  it.each<[string, unknown]>([
    ['a text', CANARY],
    ['a property', { a: [{ b: CANARY }] }],
    ['a name', { [CANARY]: 1 }],
    ['a property that is not enumerable', hide({ value: CANARY, enumerable: false })],
    ['a property under a symbol', hide({ value: CANARY }, Symbol('x'))],
    ['the text of a symbol', hide({ value: 1 }, Symbol(CANARY))],
    ['a getter', hide({ get: () => CANARY })],
    ['an inherited getter', new Heir()],
    ['a prototype', Object.create({ x: CANARY })],
    ['a cause', new Error('a', { cause: new Error('b', { cause: CANARY }) })],
    ['a stack', Object.assign(new Error('a'), { stack: CANARY })],
    ['errors', new AggregateError([new Error(CANARY)])],
    ['a map', new Map([['a', CANARY]])],
    ['a set', new Set([CANARY])],
    ['headers', new Headers({ 'x-api-key': CANARY })],
    ['a request', new Request('https://x.example', { headers: { 'x-api-key': CANARY } })],
    ['a function', Object.assign(() => {}, { key: CANARY })],
    ['a piece', `${CANARY.slice(3, 11)}`],
    ['base64', btoa(CANARY)],
    ['base64 one byte on', btoa(`k${CANARY}`)],
    ['base64 two bytes on', btoa(`k:${CANARY}`)],
    [
      'hex in capitals',
      [...CANARY]
        .map((c) => c.charCodeAt(0).toString(16))
        .join('')
        .toUpperCase(),
    ],
    ['percent', [...CANARY].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')],
    ['JSON escapes', escaped],
  ])('finds it in %s', (_, value) => {
    expect(findLeaks({ value }, CANARY).length).toBeGreaterThan(0)
  })

  it('finds nothing where there is nothing, and ends on circles', () => {
    const circle: Record<string, unknown> = { key: '[redacted]', seven: CANARY.slice(0, 7) }
    circle['self'] = circle
    expect(findLeaks([circle, new Headers({ a: 'b' }), new Date(0), /x/], CANARY)).toEqual([])
    expect(formsOf(CANARY).size).toBe(8 + CANARY.length - 7)
  })
})
