import { inspect } from 'node:util'
import { isOneBalanceError, type OneBalanceError, type Quote, signQuote } from '@ob/core'
import { type Sandbox, startSandbox } from '@ob/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient, type NodeClientOptions } from '../src/index.ts'
import { runNode } from './helpers/child.ts'
import { findKey, printAll } from './helpers/leak-scan.ts'
import { createTestRuntime } from './helpers/test-runtime.ts'

/** No eight characters of it stand anywhere else by chance. */
const CANARY = 'zq7Xw93kVbT5mJr2HsYd8GfLpNc4QeUa'
const READ_ONLY = 'Kd82nFzPqLw6Rv3TyBx9HmGjSc5WuAe7'
const UNKNOWN = 'Vt4MzCq8YhNw2KxRb6JdPgLs9FkTe3Xa'
const ADDRESS = '0x2222222222222222222222222222222222222222'
const ADMIN = '0x3333333333333333333333333333333333333333'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({
    keys: [{ key: CANARY }, { key: READ_ONLY, scopes: ['read'] }],
    limits: { perMinute: 1_000_000 },
  })
})
afterAll(() => sandbox.close())

function connect(apiKey = CANARY, options: Omit<NodeClientOptions, 'api'> = {}) {
  return createClient({ apiKey, baseURL: sandbox.url, ca: sandbox.ca, retry: false, ...options })
}
type Client = ReturnType<typeof connect>

async function createQuote(client: Client): Promise<Quote> {
  const account = {
    type: 'role-based',
    sessionAddress: ADDRESS,
    adminAddress: ADMIN,
    accountAddress: ADDRESS,
  } as const
  const quote = await client.quotes.create({
    from: { accounts: [account], asset: { assetId: 'ob:usdc' }, amount: '1' },
    to: { asset: { assetId: 'ob:eth' } },
  })
  return signQuote(quote, { evm: { signTypedData: () => '0x01ff' } })
}

/** An answer that gives the key back, as a careless server would. */
const echo = (status: number): object => ({
  status,
  headers: { 'x-request-id': `id-${CANARY}`, 'retry-after': '1' },
  body: { error: CANARY, message: `The key ${CANARY} is no good`, code: CANARY },
})

/** How each class of error comes about against the sandbox. */
const PROVOKE: Readonly<Record<string, { code: string; run: () => Promise<unknown> }>> = {
  ConfigurationError: { code: 'configuration', run: async () => connect(`${CANARY}\r\nx-evil: 1`) },
  InsecureUrlError: { code: 'insecure_url', run: () => connect().request('GET', `//${CANARY}.invalid/x`) },
  InputError: { code: 'invalid_input', run: () => connect().quotes.create({ [CANARY]: CANARY } as never) },
  AuthenticationError: { code: 'unauthorized', run: () => connect(UNKNOWN).assets.list() },
  PermissionError: {
    code: 'forbidden',
    run: async () => connect(READ_ONLY).quotes.execute(await createQuote(connect())),
  },
  NotFoundError: { code: 'not_found', run: () => connect().request('GET', '/api/nothing-here') },
  RateLimitError: { code: 'rate_limited', run: () => failing(echo(429)) },
  RequestError: { code: 'request_rejected', run: () => failing(echo(402)) },
  ServerError: { code: 'server_error', run: () => failing(echo(500)) },
  NetworkError: { code: 'network', run: () => failing({ reset: 'before' }) },
  TimeoutError: {
    code: 'timeout',
    async run() {
      const runtime = createTestRuntime()
      const before = sandbox.requests.length
      sandbox.faults.next({ stall: 'head' })
      const call = connect(CANARY, { runtime }).assets.list()
      while (sandbox.requests.length === before) await new Promise((resolve) => setImmediate(resolve))
      runtime.expire()
      return call
    },
  },
  AbortError: {
    code: 'aborted',
    run: () => connect().assets.list(undefined, { signal: AbortSignal.abort(new Error('enough')) }),
  },
  'ResponseError, not JSON': { code: 'invalid_response', run: () => failing({ body: `<html>${CANARY}</html>` }) },
  'ResponseError, off contract': { code: 'invalid_response', run: () => failing({ body: { [CANARY]: CANARY } }) },
  'ResponseError, too large': { code: 'response_too_large', run: () => failing({ oversize: 20_000_000 }) },
  'ResponseError, redirect': {
    code: 'unexpected_redirect',
    run: () => failing({ redirect: `https://example.invalid/${CANARY}?key=${CANARY}` }),
  },
  OutcomeUnknownError: { code: 'outcome_unknown', run: () => executing({ reset: 'after' }) },
  'OutcomeUnknownError, by an answer': { code: 'outcome_unknown', run: () => executing(echo(500)) },
  ExecutionError: {
    code: 'execution_failed',
    run: () => executing({ body: { success: false, guarantees: null, error: `no, ${CANARY}` } }),
  },
}

function failing(fault: object): Promise<unknown> {
  sandbox.faults.next(fault)
  return connect().assets.list()
}

async function executing(fault: object): Promise<unknown> {
  const client = connect()
  const quote = await createQuote(client)
  sandbox.faults.next(fault)
  return client.quotes.execute(quote)
}

describe('each class of error, as it is seen', () => {
  test.each(Object.entries(PROVOKE))('%s', async (name, { code, run }) => {
    const error: OneBalanceError = await run().then(
      () => {
        throw new Error('the call succeeds')
      },
      (reason) => reason,
    )
    expect(isOneBalanceError(error)).toBe(true)
    expect({ name: error.name, code: error.code }).toEqual({ name: name.split(',')[0], code })
    const printed = printAll(error)
    for (const key of [CANARY, READ_ONLY, UNKNOWN]) expect(findKey(printed, key)).toEqual([])

    expect(error.message).not.toMatch(/[\r\n]/)
    expect(inspect(error)).toContain(error.message)
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      name: error.name,
      code,
      message: error.message,
      outcome: error.outcome,
      attempts: error.attempts,
      hint: error.hint,
    })
  })
})

test('what the client gives out holds no key, also where the server gives it back', async () => {
  const events: unknown[] = []
  const hook = (event: unknown): void => void events.push(event)
  const hooks = { request: hook, response: hook, retry: hook, wait: hook, error: hook }
  const client = connect(CANARY, { hooks, retry: { baseDelay: 0 } })
  sandbox.faults.next({ status: 503, body: CANARY })
  sandbox.faults.next({
    headers: { 'x-request-id': CANARY, 'x-echo': CANARY },
    body: [CANARY, { [`a${CANARY}`]: CANARY }],
  })
  const answer = await client.request('GET', '/api/echo').withResponse()
  expect(events.length).toBeGreaterThanOrEqual(4)
  for (const value of [client, client.request, events, answer, [...answer.response.headers]])
    expect(findKey(printAll(value), CANARY)).toEqual([])
  await client.close()
})

test('the scan would find it', () => {
  const error = Object.assign(new Error('x'), { deep: { list: [Buffer.from(`ab${CANARY}`).toString('base64')] } })
  expect(findKey(printAll(error), CANARY)).not.toEqual([])
  for (const text of [CANARY, CANARY.slice(3, 12), Buffer.from(CANARY).toString('hex').toUpperCase()])
    expect(findKey(`before ${text} after`, CANARY)).not.toEqual([])
})

describe('a program that prints all it can', () => {
  test.each([
    ['as it is', {}],
    ['NODE_DEBUG of this library’s transport', { NODE_DEBUG: 'undici,fetch,websocket' }],
    ['NODE_DEBUG of all below it', { NODE_DEBUG: 'http,https,http2,net,tls,stream,timer,undici,fetch' }],
    ['DEBUG', { DEBUG: '*' }],
  ] as const)('prints no key: %s', async (_, env) => {
    const { code, stdout, stderr } = await runNode(
      `
      import { inspect } from 'node:util'
      import { createClient } from '@ob/node'
      const client = createClient({ ca: process.env.CA, retry: { baseDelay: 1 } })
      const all = { depth: Infinity, showHidden: true, getters: true }
      const print = (value) => { console.log(value); console.error(inspect(value, all)); console.dir(value, all) }
      print(client)
      print(await client.assets.list().withResponse())
      print(await client.request('GET', '/api/nothing').catch((error) => error))
      print(await client.request('POST', '/api/nothing', { body: { a: 1 } }).catch((error) => error))
      const lost = createClient({ baseURL: 'https://127.0.0.1:1', retry: false })
      print(await lost.assets.list().catch((error) => error))
      await client.close()
      print(await client.assets.list().catch((error) => error))
      console.trace('end')
      `,
      { ...env, ONEBALANCE_API_KEY: CANARY, ONEBALANCE_BASE_URL: sandbox.url, CA: sandbox.ca },
    )
    expect(code).toBe(0)
    expect(stdout).toContain('404')
    expect(findKey(stdout, CANARY)).toEqual([])
    expect(findKey(stderr, CANARY)).toEqual([])
  })
})
