import * as core from '@ob/core'
import { expectTypeOf } from 'vitest'
import {
  type BrowserCaller,
  type BrowserClient,
  type BrowserClientOptions,
  type Caller,
  type CallPromise,
  type Client,
  createCaller,
  createClient,
  defineApi,
  type Execution,
  endpoint,
  flow,
  type KeylessHeaders,
  listAssets,
  type TransactionList,
} from './index.ts'

const proxyURL = '/onebalance'
const ob = createClient({ proxyURL })

// The same methods as everywhere: code that is written for any client takes this one.
expectTypeOf(ob).toEqualTypeOf<BrowserClient>()
expectTypeOf(ob).toExtend<Client>()
expectTypeOf(createCaller({ proxyURL })).toExtend<Caller>()
expectTypeOf(ob.assets.list()).toEqualTypeOf<ReturnType<Client['assets']['list']>>()
expectTypeOf(ob.quotes.create).parameter(0).toEqualTypeOf<Parameters<Client['quotes']['create']>[0]>()
expectTypeOf(ob.executions.wait({ quoteId: 'a' }, { onStatus: (status) => status })).toEqualTypeOf<Promise<Execution>>()
expectTypeOf(ob.transactions.list({ user: 'a' })).toEqualTypeOf<TransactionList>()
expectTypeOf(ob.v1.executions.status({ quoteId: 'a' })).resolves.toExtend<object>()
expectTypeOf(ob.request('GET', '/x', { query: { a: 1 }, timeout: 1 })).toEqualTypeOf<CallPromise<unknown>>()
expectTypeOf(ob.close()).toEqualTypeOf<Promise<void>>()
expectTypeOf(ob[Symbol.asyncDispose]).toEqualTypeOf<() => Promise<void>>()
expectTypeOf(ob.assets.list).toBeCallableWith()
expectTypeOf(ob.assets.list).toBeCallableWith(undefined, { timeout: 1 })
expectTypeOf(ob.assets.list).toBeCallableWith({}, { headers: { 'x-csrf-token': 'a' } })
// @ts-expect-error no such option
ob.assets.list({}, { timeOut: 1 })
// @ts-expect-error the input does not fit
ob.executions.status({ quoteId: 1 })
// @ts-expect-error an input is needed
ob.quotes.create()

// Everything of the core is here, but its own two.
expectTypeOf(createClient).not.toEqualTypeOf(core.createClient)
// @ts-expect-error a proxy is needed
createClient({})
// @ts-expect-error options are needed
createClient()
createClient({ proxyURL: new URL('https://app.example'), credentials: 'include', timeout: 1, retry: false })
// @ts-expect-error cookies go somewhere, or there is no session
createClient({ proxyURL, credentials: 'omit' })

// No option takes a key, nor what only a server has.
// @ts-expect-error no key
createClient({ proxyURL, apiKey: 'a' })
// @ts-expect-error no key from a function either
createClient({ proxyURL, apiKey: () => 'a' })
// @ts-expect-error nor null: there is nothing to say
createClient({ proxyURL, apiKey: null })
// @ts-expect-error no key
createCaller({ proxyURL, apiKey: 'a' })
// @ts-expect-error it is proxyURL
createClient({ proxyURL, baseURL: 'https://a.example' })
// @ts-expect-error a browser trusts what its system trusts
createClient({ proxyURL, ca: 'PEM' })
// @ts-expect-error there is no key to allow
createClient({ proxyURL, dangerouslyAllowBrowser: true })
// @ts-expect-error on loopback it is always permitted
createClient({ proxyURL, allowInsecureLoopback: true })
// @ts-expect-error browsers keep their own
createClient({ proxyURL, userAgent: 'a' })

// No headers with a key, of a client or of a call.
expectTypeOf<{ 'x-csrf-token': string }>().toExtend<KeylessHeaders>()
expectTypeOf<{ 'x-api-key': string }>().not.toExtend<KeylessHeaders>()
// @ts-expect-error no key
createClient({ proxyURL, headers: { 'x-api-key': 'a' } })
// @ts-expect-error no key
createClient({ proxyURL, headers: { 'X-API-Key': 'a' } })
// @ts-expect-error no key
createClient({ proxyURL, headers: { authorization: 'a' } })
// @ts-expect-error no key
createClient({ proxyURL, headers: { Authorization: 'a' } })
// @ts-expect-error no key
createCaller({ proxyURL, headers: { authorization: 'a' } })
// @ts-expect-error no key
ob.assets.list({}, { headers: { 'x-api-key': 'a' } })
// @ts-expect-error no key
ob.transactions.list({ user: 'a' }, { headers: { Authorization: 'a' } })
// @ts-expect-error no key
ob.executions.wait({ quoteId: 'a' }, { headers: { 'X-Api-Key': 'a' } })
// @ts-expect-error no key
ob.request('GET', '/x', { headers: { authorization: 'a' } })

const call: BrowserCaller = createCaller({ proxyURL })
expectTypeOf(call(listAssets)).toEqualTypeOf<ReturnType<typeof ob.assets.list>>()
// @ts-expect-error no key
call(listAssets, {}, { headers: { 'x-api-key': 'a' } })
// @ts-expect-error no key
call.request('GET', '/x', { headers: { 'x-api-key': 'a' } })

// Headers that come from elsewhere compile, and are looked at when they are used.
declare const headers: Record<string, string>
ob.assets.list({}, { headers })
ob.assets.list({}, { headers: { ...headers, 'x-csrf-token': 'a' } })
expectTypeOf<{ proxyURL: string; headers: Record<string, string> }>().toExtend<BrowserClientOptions>()

// Another API is typed as everywhere; an input that has headers stays as it is, and so does a method without options.
const items = createClient({
  proxyURL,
  api: defineApi({
    name: 'Items',
    baseURL: 'https://items.example',
    keyHeader: 'x-items-key',
    keyEnv: 'ITEMS_API_KEY',
    endpoints: {
      list: endpoint({ method: 'GET', path: '/items', output: {} as never, retry: 'safe' }),
      send: flow([], () => async (mail: { headers: { authorization: string } }) => mail),
      same: flow(
        [],
        () =>
          <T>(value: T) =>
            value,
      ),
    },
  }),
})
items.send({ headers: { authorization: 'a' } })
expectTypeOf(items.same(1)).toEqualTypeOf<number>()
// @ts-expect-error no such endpoint
items.assets
