import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { CANARY, json, stubFetch } from '../test/transport.ts'
import { createClient, defineApi, endpoint, flow } from './index.ts'

const getItem = endpoint({
  method: 'GET',
  path: '/items/{id}',
  input: v.object({ id: v.string() }),
  output: v.looseObject({ name: v.string() }),
  retry: 'safe',
})
const listItems = endpoint({ method: 'GET', path: '/items', output: v.array(v.unknown()), retry: 'safe' })
const items = defineApi({
  name: 'Items',
  baseURL: 'https://items.example',
  keyHeader: 'x-items-key',
  keyEnv: 'ITEMS_API_KEY',
  endpoints: {
    items: {
      list: listItems,
      get: getItem,
      names: flow([listItems, getItem], (call) => async (...ids: string[]) => {
        const found = await Promise.all(ids.map((id) => call(getItem, { id })))
        return found.map(({ name }) => name)
      }),
    },
    v1: { items: { list: listItems } },
  },
})

function setUp() {
  const { fetch, sent } = stubFetch(({ url }) => json(url.endsWith('/items') ? [] : { name: url.at(-1) }))
  return { client: createClient({ api: items, apiKey: CANARY, fetch }), sent }
}

describe('a client of any API', () => {
  it('has its endpoints as methods, in its groups', async () => {
    const { client, sent } = setUp()
    expect(await client.items.list()).toEqual([])
    expect(await client.items.get({ id: 'a' })).toEqual({ name: 'a' })
    expect(await client.v1.items.list({})).toEqual([])
    expect(sent.map(({ url }) => new URL(url).pathname)).toEqual(['/items', '/items/a', '/items'])
    expect(sent.every(({ headers }) => headers.get('x-items-key') === CANARY)).toBe(true)
  })

  it('has flows as methods that use its caller', async () => {
    const { client, sent } = setUp()
    expect(await client.items.names('a', 'b')).toEqual(['a', 'b'])
    expect(sent).toHaveLength(2)
  })

  it('cannot be changed', () => {
    const { client } = setUp()
    for (const part of [client, client.items, client.v1, client.v1.items]) expect(Object.isFrozen(part)).toBe(true)
  })

  it('has methods that stand alone', async () => {
    const { client } = setUp()
    const { get } = client.items
    const { request } = client
    expect(await get({ id: 'a' })).toEqual({ name: 'a' })
    expect(await request('GET', '/items')).toEqual([])
  })
})

it('two clients share nothing', async () => {
  const [one, two] = [stubFetch(), stubFetch()]
  const first = createClient({ apiKey: `${CANARY}1`, fetch: one.fetch })
  const second = createClient({ apiKey: `${CANARY}2`, fetch: two.fetch, baseURL: 'https://other.example' })
  await Promise.all([first.assets.list(), second.assets.list()])
  await first.close()
  await second.assets.list()
  expect(one.sent.map(({ headers }) => headers.get('x-api-key'))).toEqual([`${CANARY}1`])
  expect(two.sent.map(({ headers }) => headers.get('x-api-key'))).toEqual([`${CANARY}2`, `${CANARY}2`])
})
