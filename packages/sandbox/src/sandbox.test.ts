import { once } from 'node:events'
import { Agent, request as httpsRequest } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { PUBLIC_TESTING_KEY } from '@ob/core/onebalance'
import { safeParse } from 'valibot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, type SandboxOptions, startSandbox } from './index.ts'
import { ENDPOINTS } from './served-endpoints.ts'

type Json = Record<string, unknown>

const ACCOUNT = {
  type: 'role-based',
  sessionAddress: '0x1cBFbFd62a276BF6D79d504eA4CA75a7baDcf5b1',
  adminAddress: '0xc162a3cE45ad151eeCd0a5532D6E489D034aB3B8',
  accountAddress: '0xb98E11f0f854442801e7cf3214710972D5dAF11a',
}
const swap = (more: Json = {}) => ({
  from: { accounts: [ACCOUNT], asset: { assetId: 'ob:usdc' }, amount: '5000000' },
  to: { asset: { assetId: 'ob:eth' } },
  ...more,
})
const swapV1 = {
  from: { account: ACCOUNT, asset: { assetId: 'ob:usdc' }, amount: '5000000' },
  to: { asset: { assetId: 'ob:eth' } },
}
const call = {
  targetChain: 'eip155:8453',
  calls: [{ to: `0x${'a'.repeat(40)}`, data: '0x', value: '0' }],
  tokensRequired: [{ assetType: `eip155:8453/erc20:0x${'c'.repeat(40)}`, amount: '1000' }],
}

let sandbox: Sandbox
let agent: Agent
const restart = async (options?: SandboxOptions) => {
  agent?.destroy()
  await sandbox?.close()
  sandbox = await startSandbox(options)
  agent = new Agent({ ca: sandbox.ca, keepAlive: true })
}
beforeEach(() => restart())
afterEach(async () => {
  agent.destroy()
  await sandbox.close()
})

interface Reply {
  readonly status: number
  readonly headers: Record<string, string | undefined>
  readonly text: string
  readonly json: Json
}

/** One request over TLS; rejects when the connection breaks. */
async function send(
  method: string,
  path: string,
  body?: unknown,
  key: string | undefined = sandbox.keys.full,
): Promise<Reply> {
  const request = httpsRequest(sandbox.url + path, {
    method,
    agent,
    headers: { ...(key && { 'x-api-key': key }), 'content-type': 'application/json' },
  })
  request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text, json: parse(text) }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const get = (path: string, key?: string) => send('GET', path, undefined, key)
const post = (path: string, body: unknown, key?: string) => send('POST', path, body, key)

/** Signs as a wallet would: the slots only. */
function sign(quote: Json): Json {
  const signed = structuredClone(quote) as Json & { originChainsOperations: { userOp: Json }[] }
  for (const operation of signed.originChainsOperations) operation.userOp['signature'] = `0x${'11'.repeat(65)}`
  return signed
}
const newQuote = async (input: Json = swap()) => sign((await post('/api/v3/quote', input)).json)
const execute = (quote: Json) => post('/api/v3/quote/execute-quote', quote)
const status = async (quote: Json) =>
  (await get(`/api/v3/status/get-execution-status?quoteId=${quote['id']}`)).json['status']
const usdc = async () => {
  const { json } = await get(
    `/api/v3/balances/aggregated-balance?account=eip155:1:${ACCOUNT.accountAddress}&aggregatedAssetId=ob:usdc`,
  )
  return BigInt((json['balanceByAggregatedAsset'] as { balance: string }[])[0]?.balance ?? -1)
}

describe('the contract', () => {
  const inputs: Record<string, () => Promise<Json> | Json> = {
    predictAddress: () => ({ sessionAddress: ACCOUNT.sessionAddress, adminAddress: ACCOUNT.adminAddress }),
    getAggregatedBalance: () => ({ account: `eip155:1:${ACCOUNT.accountAddress}`, aggregatedAssetId: 'ob:usdc' }),
    getAggregatedBalanceV2: () => ({ address: ACCOUNT.accountAddress }),
    createQuote: () => swap(),
    createQuoteV1: () => swapV1,
    executeQuote: () => newQuote(),
    executeQuoteV1: async () => sign((await post('/api/v1/quote', swapV1)).json),
    prepareCallQuote: () => ({ accounts: [ACCOUNT], ...call }),
    prepareCallQuoteV1: () => ({ account: ACCOUNT, ...call }),
    createCallQuote: () => prepared('/api/v3/quote/prepare-call-quote', { accounts: [ACCOUNT], ...call }),
    createCallQuoteV1: () => prepared('/api/quotes/prepare-call-quote', { account: ACCOUNT, ...call }),
    getExecutionStatus: () => ({ quoteId: '0x1' }),
    getExecutionStatusV1: () => ({ quoteId: '0x1' }),
    listTransactions: () => ({ user: ACCOUNT.accountAddress }),
    listTransactionsV1: () => ({ user: ACCOUNT.accountAddress }),
  }
  const prepared = async (path: string, input: Json) => {
    const { callType: _, ...body } = (await post(path, input)).json as Json & { chainOperation: { userOp: Json } }
    body.chainOperation.userOp['signature'] = `0x${'11'.repeat(65)}`
    return body
  }

  it.each([...ENDPOINTS.keys()])('serves %s, on its schema', async (name) => {
    const endpoint = ENDPOINTS.get(name)
    if (!endpoint) throw new Error(name)
    const input = (await inputs[name]?.()) ?? {}
    const reply =
      endpoint.method === 'GET'
        ? await get(`${endpoint.path}?${new URLSearchParams(input as Record<string, string>)}`)
        : await post(endpoint.path, input)
    expect(reply.text).not.toBe('')
    expect(reply.status).toBe(name === 'predictAddress' ? 201 : 200)
    expect(safeParse(endpoint.output, reply.json).issues).toBeUndefined()
    expect(reply.headers).toMatchObject({ 'x-request-id': expect.any(String), 'x-ratelimit-limit': '400' })
  })

  it('answers 404 and 405 in the shape of the API', async () => {
    expect((await get('/api/nothing')).json).toMatchObject({
      error: 'NotFoundException',
      statusCode: 404,
      path: '/api/nothing',
    })
    expect((await post('/api/assets/list', {})).status).toBe(405)
  })

  it('refuses a body that is no JSON object, off contract or too large', async () => {
    expect((await post('/api/v3/quote', '{')).status).toBe(400)
    expect((await post('/api/v3/quote', {})).json).toMatchObject({ error: 'Validation failed', statusCode: 400 })
    expect((await post('/api/v3/quote', { x: 'x'.repeat(1_100_000) })).status).toBe(413)
  })
})

describe('keys', () => {
  it.each([
    ['none', () => ''],
    ['a wrong one', () => 'not-a-key-that-anybody-has'],
    ['an expired one', () => sandbox.keys.expired],
  ])('answers 401 to %s', async (_, key) => {
    expect((await get('/api/assets/list', key())).json).toMatchObject({
      statusCode: 401,
      message: 'Invalid or missing API key',
    })
  })

  it('answers 403 to a key that may only read', async () => {
    const quote = await newQuote()
    expect((await post('/api/v3/quote/execute-quote', quote, sandbox.keys.readOnly)).status).toBe(403)
    expect((await get('/api/assets/list', sandbox.keys.readOnly)).status).toBe(200)
    expect(sandbox.executed.size).toBe(0)
  })

  it('takes given keys, lets them expire by its clock, and revokes them', async () => {
    const key = 'a-given-key-0123456789'
    await restart({ keys: [{ key, expiresAt: Date.now() + 60_000 }] })
    expect((await get('/api/assets/list', key)).status).toBe(200)
    sandbox.clock.advance(60_000)
    expect((await get('/api/assets/list', key)).status).toBe(401)
    sandbox.revoke(sandbox.keys.full)
    expect((await get('/api/assets/list')).status).toBe(401)
  })

  it('logs a fingerprint, never the key', async () => {
    await get('/api/assets/list')
    expect(sandbox.requests).toEqual([
      {
        method: 'GET',
        path: '/api/assets/list',
        endpoint: 'listAssets',
        keyFingerprint: expect.stringMatching(/^[0-9a-f]{8}$/),
        status: 200,
        at: expect.any(Number),
      },
    ])
    expect(JSON.stringify(sandbox.requests)).not.toContain(sandbox.keys.full)
  })
})

describe('limits', () => {
  it('counts a sliding minute, and frees each request a minute after it was made', async () => {
    await restart({ limits: { perMinute: 2 } })
    await get('/api/assets/list')
    sandbox.clock.advance(30_000)
    const second = await get('/api/assets/list')
    expect(second.headers['x-ratelimit-remaining']).toBe('0')
    const refused = await get('/api/assets/list')
    expect(refused.status).toBe(429)
    expect(refused.headers['retry-after']).toBeUndefined()
    sandbox.clock.advance(Number(refused.headers['x-ratelimit-reset']) * 1_000 - sandbox.clock.now())
    expect((await get('/api/assets/list')).status).toBe(200)
    expect((await get('/api/assets/list')).status).toBe(429)
  })

  it('gives the public testing key 60 a minute and one request at once', async () => {
    sandbox.faults.on('assets.list', { latency: 50 })
    const replies = await Promise.all([
      get('/api/assets/list', PUBLIC_TESTING_KEY),
      get('/api/assets/list', PUBLIC_TESTING_KEY),
    ])
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 429])
    expect(replies[0]?.headers['x-ratelimit-limit']).toBe('60')
  })
})

describe('quotes', () => {
  it('goes from quote to settled, moves balances and keeps a history', async () => {
    const before = await usdc()
    const quote = await newQuote()
    expect((await execute(quote)).json).toEqual({ success: true, guarantees: null, error: null })
    expect(sandbox.executed.get(String(quote['id']))).toBe(1)
    expect(await usdc()).toBe(before - 5_000_000n)
    const seen: unknown[] = []
    for (const step of [0, 500, 1_000, 1_000, 1_500]) {
      sandbox.clock.advance(step)
      seen.push(await status(quote))
    }
    expect(seen).toEqual([undefined, 'PENDING', 'IN_PROGRESS', 'EXECUTED', 'COMPLETED'])
    const { json } = await get(`/api/v3/status/get-tx-history?user=${ACCOUNT.accountAddress}`)
    expect(json['transactions']).toMatchObject([{ quoteId: quote['id'], status: 'COMPLETED', type: 'SWAP' }])
  })

  it.each<[string, (quote: Json) => Json]>([
    ['a changed value', (quote) => ({ ...quote, expirationTimestamp: '9999999999' })],
    ['an added field', (quote) => ({ ...quote, more: 1 })],
    ['another key order', (quote) => Object.fromEntries(Object.entries(quote).reverse())],
    ['a changed amount', (quote) => ({ ...quote, originToken: { ...(quote['originToken'] as Json), amount: '1' } })],
    ['a quote that was never made', (quote) => ({ ...quote, id: '0x1' })],
  ])('finds %s', async (_, change) => {
    const reply = await execute(change(await newQuote()))
    expect(reply.status).toBe(400)
    expect(reply.json).toMatchObject({ message: 'Incorrect tamper proof signature', statusCode: 400 })
    expect(sandbox.executed.size).toBe(0)
  })

  it('refuses a missing signature and an expired quote', async () => {
    const quote = (await post('/api/v3/quote', swap())).json
    expect((await execute(quote)).status).toBe(400)
    sandbox.clock.advance(30_001)
    expect((await execute(sign(quote))).json).toMatchObject({ message: 'Quote expired' })
    expect(sandbox.executed.size).toBe(0)
  })

  it('refunds on a slippage of one basis point, and fails to an address that ends in dead', async () => {
    const before = await usdc()
    const refunded = await newQuote(swap({ slippageTolerance: 1 }))
    await execute(refunded)
    const failed = await newQuote(
      swap({ to: { asset: { assetId: 'ob:eth' }, account: `eip155:1:0x${'0'.repeat(36)}dead` } }),
    )
    await execute(failed)
    sandbox.clock.advance(4_000)
    expect(await status(refunded)).toBe('REFUNDED')
    expect(await status(failed)).toBe('FAILED')
    expect(await usdc()).toBe(before - 5_000_000n)
    const { json } = await get(`/api/v3/status/get-execution-status?quoteId=${refunded['id']}`)
    expect(json['failReason']).toBe('SLIPPAGE')
  })

  it('counts a second execution and refuses it inside a 2xx', async () => {
    const quote = await newQuote()
    await execute(quote)
    expect((await execute(quote)).json).toMatchObject({ success: false, error: expect.any(String) })
    expect(sandbox.executed.get(String(quote['id']))).toBe(2)
  })

  it('refuses what the account does not hold', async () => {
    const reply = await post(
      '/api/v3/quote',
      swap({ from: { accounts: [ACCOUNT], asset: { assetId: 'ob:usdc' }, amount: '999000000000' } }),
    )
    expect(reply.json).toMatchObject({ message: 'insufficient balance', statusCode: 400 })
  })

  it('pages through the history', async () => {
    for (let index = 0; index < 3; index += 1) await execute(await newQuote())
    sandbox.clock.advance(5_000)
    const path = `/api/v3/status/get-tx-history?user=${ACCOUNT.accountAddress}&limit=2`
    const first = (await get(path)).json
    const second = (await get(`${path}&continuation=${first['continuation']}`)).json
    expect((first['transactions'] as Json[]).length).toBe(2)
    expect((second['transactions'] as Json[]).length).toBe(1)
    expect(second['continuation']).toBeUndefined()
  })
})

describe('faults', () => {
  it.each<[string, Parameters<Sandbox['faults']['next']>[0], number | undefined]>([
    ['reset before', { reset: 'before' }, undefined],
    ['reset after', { reset: 'after' }, 1],
    ['a cut in the first byte of the request', { cutAfterRequestBytes: 0 }, undefined],
    ['a cut in the request', { cutAfterRequestBytes: 40 }, undefined],
    ['a cut in the head of the answer', { cutAfterResponseBytes: 20 }, 1],
    ['a cut before the answer', { cutAfterResponseBytes: 0 }, 1],
  ])('%s breaks the connection', async (_, fault, times) => {
    const quote = await newQuote()
    sandbox.faults.next(fault)
    await expect(execute(quote)).rejects.toThrow()
    expect(sandbox.executed.get(String(quote['id']))).toBe(times)
    expect((await get('/api/assets/list')).status).toBe(200)
  })

  it('answers what it is told, by endpoint and as often as it is told', async () => {
    sandbox.faults.on(
      'chains.list',
      { status: 503, headers: { 'retry-after': '7' }, body: { error: 'down' } },
      { times: 1 },
    )
    expect((await get('/api/assets/list')).status).toBe(200)
    const reply = await get('/api/chains/supported-list')
    expect([reply.status, reply.headers['retry-after'], reply.json]).toEqual([503, '7', { error: 'down' }])
    expect((await get('/api/chains/supported-list')).status).toBe(200)
    sandbox.faults.next({ redirect: 'https://elsewhere.invalid/' })
    expect((await get('/api/assets/list')).headers['location']).toBe('https://elsewhere.invalid/')
    sandbox.faults.next({ oversize: 100_000 })
    expect((await get('/api/assets/list')).text.length).toBe(100_002)
    sandbox.faults.next({ status: 500 })
    sandbox.faults.clear()
    expect((await get('/api/assets/list')).status).toBe(200)
  })

  it('does not know a fault for an endpoint that is none', () => {
    expect(() => sandbox.faults.on('assets.nothing', {})).toThrow('no endpoint is called assets.nothing')
  })
})

describe('connections', () => {
  it('refuses plain HTTP with a clear answer, and reads no key', async () => {
    const socket = connectTcp(Number(new URL(sandbox.url).port), '127.0.0.1')
    socket.write(`GET /api/assets/list HTTP/1.1\r\nhost: x\r\nx-api-key: ${sandbox.keys.full}\r\n\r\n`)
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toMatch(/^HTTP\/1\.1 426 /)
    expect(text).toContain('HTTPS only')
    expect(sandbox.requests).toEqual([])
  })

  it('is trusted by its own authority only', async () => {
    const request = httpsRequest(sandbox.url)
    await expect(once(request, 'response')).rejects.toThrow(/certificate/)
  })

  it('closes while a request is stalled, and again', async () => {
    sandbox.faults.next({ stall: 'head' })
    const stalled = get('/api/assets/list')
    const broken = expect(stalled).rejects.toThrow()
    while (sandbox.requests.length === 0) await new Promise(setImmediate)
    await sandbox.close()
    await sandbox.close()
    await broken
    await expect(get('/api/assets/list')).rejects.toThrow('ECONNREFUSED')
  })
})
