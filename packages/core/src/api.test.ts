import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { rejection, stubFetch } from '../test/transport.ts'
import {
  type ApiDefinition,
  ConfigurationError,
  createClient,
  defineApi,
  type EndpointDefinition,
  endpoint,
  flow,
  listEndpoints,
} from './index.ts'

const ping = { method: 'GET', path: '/ping', output: v.unknown(), retry: 'safe' } as const
const api = { name: 'A', baseURL: 'https://a.example', keyHeader: 'X-Key', keyEnv: 'A_API_KEY', endpoints: {} } as const

describe('endpoint', () => {
  it.each<[string, object]>([
    ['a method that is none', { method: 'get' }],
    ['an unknown method', { method: 'TRACE' }],
    ['an unknown retry class', { retry: 'always' }],
    ['no path', { path: '' }],
    ['a path without a slash', { path: 'ping' }],
    ['a path with a host', { path: '//evil.test/x' }],
    ['an absolute URL', { path: 'https://evil.test/x' }],
    ['an empty segment', { path: '/a//b' }],
    ['a dot segment', { path: '/a/./b' }],
    ['a dot-dot segment', { path: '/a/..' }],
    ['a backslash', { path: '/a\\b' }],
    ['a query', { path: '/a?b=1' }],
    ['a fragment', { path: '/a#b' }],
    ['an encoded character', { path: '/a%2fb' }],
    ['a line break', { path: '/a\n' }],
    ['a broken parameter', { path: '/{a-b}' }],
  ])('refuses %s', (_, wrong) => {
    expect(() => endpoint({ ...ping, ...wrong } as EndpointDefinition<undefined, unknown>)).toThrow(ConfigurationError)
  })

  it('is frozen', () => {
    expect(Object.isFrozen(endpoint(ping))).toBe(true)
  })
})

describe('defineApi', () => {
  it.each<[string, object]>([
    ['no name', { name: '' }],
    ['no base', { baseURL: undefined }],
    ['no key header', { keyHeader: '' }],
    ['a key header that is none', { keyHeader: 'x key' }],
    ['no variable', { keyEnv: 7 }],
    ['an endpoint called request', { endpoints: { request: endpoint(ping) } }],
    ['a group called close', { endpoints: { close: {} } }],
  ])('refuses %s', (_, wrong) => {
    expect(() => defineApi({ ...api, ...wrong } as ApiDefinition)).toThrow(ConfigurationError)
  })

  it('checks its own base as any other, when a client is made', () => {
    expect(() => createClient({ api: defineApi({ ...api, baseURL: 'http://a.example' }), apiKey: null })).toThrow(
      /https/,
    )
  })

  it('sends the key in the header that it names, in lower case', async () => {
    const { fetch, sent } = stubFetch()
    const client = createClient({
      api: defineApi({ ...api, endpoints: { ping: endpoint(ping) } }),
      apiKey: 'k'.repeat(16),
      fetch,
    })
    await client.ping()
    expect(sent[0]?.headers.get('x-key')).toBe('k'.repeat(16))
    expect(sent[0]?.headers.get('x-api-key')).toBeNull()
    expect(await rejection(client.ping(undefined, { headers: { 'X-KEY': 'other' } }))).toMatchObject({
      code: 'configuration',
    })
  })
})

it('listEndpoints names every endpoint once, with those of flows', () => {
  const [one, two, three] = [endpoint(ping), endpoint(ping), endpoint(ping)]
  const twoAndThree = flow([two, three], () => async () => 1)
  const tree = defineApi({ ...api, endpoints: { a: { one, deep: { two } }, poll: twoAndThree } })
  expect(listEndpoints(tree).map(({ name }) => name)).toEqual(['a.one', 'a.deep.two', 'poll'])
})
