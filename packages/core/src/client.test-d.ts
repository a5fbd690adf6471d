import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import {
  type Api,
  type CallOptions,
  type CallPromise,
  type Client,
  type ClientOptions,
  createCaller,
  createClient,
  defineApi,
  endpoint,
  flow,
  isOneBalanceError,
  listAssets,
  type OneBalanceError,
  type ResponseInfo,
} from './index.ts'

const getItem = endpoint({
  method: 'GET',
  path: '/items/{id}',
  input: v.object({ id: v.string(), page: v.optional(v.number()) }),
  output: v.looseObject({ name: v.string() }),
  retry: 'safe',
})
const listItems = endpoint({ method: 'GET', path: '/items', output: v.array(v.string()), retry: 'safe' })
const items = defineApi({
  name: 'Items',
  baseURL: 'https://items.example',
  keyHeader: 'x-items-key',
  keyEnv: 'ITEMS_API_KEY',
  endpoints: {
    items: { list: listItems, get: getItem, count: flow([listItems], () => async (since: Date) => since.getTime()) },
    v1: { items: { list: listItems } },
  },
})

// A client has the endpoints of its API, and nothing else.
const client = createClient({ api: items, apiKey: null })
expectTypeOf(client.items.list).returns.toEqualTypeOf<CallPromise<string[]>>()
expectTypeOf(client.v1.items.list()).resolves.toEqualTypeOf<string[]>()
expectTypeOf(client.items.get({ id: 'a' })).resolves.toExtend<{ name: string }>()
expectTypeOf(client.items.get).parameter(0).toEqualTypeOf<{ id: string; page?: number | undefined }>()
expectTypeOf(client.items.get).parameter(1).toEqualTypeOf<CallOptions | undefined>()
expectTypeOf(client.items.count).toEqualTypeOf<(since: Date) => Promise<number>>()
// @ts-expect-error an input is needed
client.items.get()
// @ts-expect-error the input does not fit
client.items.get({ id: 1 })
// @ts-expect-error no such endpoint
client.assets
// @ts-expect-error a client cannot be changed
client.items = client.v1.items as never
// @ts-expect-error no such option
client.items.list(undefined, { timeOut: 1 })

// An endpoint without input takes nothing, undefined or an empty object.
expectTypeOf(client.items.list).toBeCallableWith()
expectTypeOf(client.items.list).toBeCallableWith(undefined, { timeout: 1 })
expectTypeOf(client.items.list).toBeCallableWith({}, {})
// @ts-expect-error it takes no fields
client.items.list({ id: 'a' })

// Without an API it is OneBalance.
const ob = createClient()
expectTypeOf(ob).toEqualTypeOf<Client>()
expectTypeOf(ob.assets.list()).resolves.toExtend<readonly { aggregatedAssetId: string }[]>()
expectTypeOf(ob.request('GET', '/x', { query: { a: 1 }, retryClass: 'safe', timeout: 1 })).toEqualTypeOf<
  CallPromise<unknown>
>()
expectTypeOf(ob.close()).toEqualTypeOf<Promise<void>>()
expectTypeOf(ob[Symbol.asyncDispose]).toEqualTypeOf<() => Promise<void>>()

// The tree-shakable form says the same.
const call = createCaller({ apiKey: async ({ rejected }) => (rejected ? 'b' : 'a') })
expectTypeOf(call(listAssets)).toEqualTypeOf<ReturnType<typeof ob.assets.list>>()
expectTypeOf(call(getItem, { id: 'a' }, {})).toEqualTypeOf<ReturnType<typeof client.items.get>>()
call(listItems, {})
call(listItems, undefined, { retry: false })
// @ts-expect-error an input is needed
call(getItem)
// @ts-expect-error the input does not fit
call(getItem, { id: 1 })

// A call gives the data, or the data and what came with it.
expectTypeOf<CallPromise<number>>().toExtend<Promise<number>>()
expectTypeOf<CallPromise<number>['withResponse']>().returns.resolves.toEqualTypeOf<{
  readonly data: number
  readonly response: ResponseInfo
}>()

// Options may be undefined, since that is how code passes on what it was not given.
expectTypeOf<{
  timeout: number | undefined
  signal: AbortSignal | undefined
  retry: undefined
}>().toExtend<CallOptions>()
expectTypeOf<{ apiKey: string | undefined; baseURL: URL | undefined }>().toExtend<ClientOptions>()
expectTypeOf<CallOptions>().not.toHaveProperty('budget')
expectTypeOf<NonNullable<Exclude<CallOptions['retry'], false>>>().not.toHaveProperty('budget')
expectTypeOf<NonNullable<Exclude<ClientOptions['retry'], false>>>().toHaveProperty('budget')
expectTypeOf<ClientOptions>().not.toHaveProperty('signal')
expectTypeOf<typeof items>().toExtend<Api>()
// @ts-expect-error a key is a string or a function that gives one
createClient({ apiKey: 1 })
// @ts-expect-error a retry class is one of three
endpoint({ method: 'GET', path: '/x', output: v.unknown(), retry: 'always' })

// An error of unknown origin becomes one of this library.
const caught: unknown = undefined
if (isOneBalanceError(caught)) expectTypeOf(caught).toEqualTypeOf<OneBalanceError>()
