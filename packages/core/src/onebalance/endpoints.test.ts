import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import {
  ADMIN_ADDRESS,
  basic,
  delegated,
  EVM_ADDRESS,
  evmOperation,
  inTurn,
  makeQuote,
  roleBased,
  SOLANA,
  solana,
  virtualClient,
} from '../../test/onebalance.ts'
import { json, rejection } from '../../test/transport.ts'
import { listEndpoints } from '../api.ts'
import { InputError, type ResponseError } from '../errors/classes.ts'
import * as contract from './index.ts'
import { oneBalance } from './index.ts'

const USDC = `eip155:8453/erc20:${EVM_ADDRESS}`
const ACCOUNT = `eip155:1:${EVM_ADDRESS}`
const quoteInput = {
  from: { accounts: [roleBased], asset: { assetId: 'ob:usdc' }, amount: '1500000' },
  to: { asset: { assetId: USDC } },
}
const callInput = {
  accounts: [delegated, solana],
  targetChain: 'eip155:8453',
  calls: [{ to: EVM_ADDRESS, data: '0xa9059cbb', value: '0x0' }],
  tokensRequired: [{ assetType: USDC, amount: '1' }],
}
const callQuoteInput = { accounts: [delegated], chainOperation: evmOperation(), tamperProofSignature: '0xseal' }

describe('the contract', () => {
  it('has every endpoint, with its retry class', () => {
    const rows = listEndpoints(oneBalance).map(
      ({ name, endpoint }) => `${name} ${endpoint.method} ${endpoint.path} ${endpoint.retry}`,
    )
    expect(rows.sort()).toEqual([
      'accounts.predictAddress POST /api/account/predict-address idempotent',
      'assets.list GET /api/assets/list safe',
      'balances.aggregated GET /api/v3/balances/aggregated-balance safe',
      'chains.list GET /api/chains/supported-list safe',
      'executions.status GET /api/v3/status/get-execution-status safe',
      'quotes.create POST /api/v3/quote idempotent',
      'quotes.createCall POST /api/v3/quote/call-quote idempotent',
      'quotes.execute POST /api/v3/quote/execute-quote once',
      'quotes.prepareCall POST /api/v3/quote/prepare-call-quote idempotent',
      'transactions.list GET /api/v3/status/get-tx-history safe',
      'v1.executions.status GET /api/status/get-execution-status safe',
      'v1.quotes.create POST /api/v1/quote idempotent',
      'v1.quotes.createCall POST /api/quotes/call-quote idempotent',
      'v1.quotes.execute POST /api/quotes/execute-quote once',
      'v1.quotes.prepareCall POST /api/quotes/prepare-call-quote idempotent',
      'v1.transactions.list GET /api/status/get-tx-history safe',
      'v2.balances.aggregated GET /api/v2/balances/aggregated-balance safe',
    ])
  })

  it('exports every endpoint of its tree, and no other', () => {
    const exported = Object.values(contract).filter((value) => (value as { kind?: unknown }).kind === 'endpoint')
    expect(new Set(exported)).toEqual(new Set(listEndpoints(oneBalance).map(({ endpoint }) => endpoint)))
    for (const endpoint of exported) expect(endpoint).toHaveProperty('summary')
  })
})

/** A value with one part replaced, at a dotted path. */
function put(value: object, path: string, part: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>
  const names = path.split('.')
  const last = names.pop() as string
  const holder = names.reduce((inner, name) => inner[name] as Record<string, unknown>, copy)
  holder[last] = part
  return copy
}

describe('input', () => {
  const { client, sent } = virtualClient(inTurn({}))
  const send = client as unknown as { [group: string]: { [method: string]: (input: unknown) => Promise<unknown> } }

  it.each<[string, string, unknown, object, RegExp]>([
    ['quotes.create', 'slippageTolerance', 0, quoteInput, /basis points: a whole number from 1 to 10000/],
    ['quotes.create', 'slippageTolerance', 0.5, quoteInput, /basis points/],
    ['quotes.create', 'slippageTolerance', 10_001, quoteInput, /basis points/],
    ['quotes.create', 'slippageTolerance', '50', quoteInput, /basis points/],
    ['quotes.create', 'from.amount', 1_500_000, quoteInput, /string of digits/],
    ['quotes.create', 'from.amount', '1.5', quoteInput, /parseAmount/],
    ['quotes.create', 'from.amount', undefined, quoteInput, /string of digits/],
    ['quotes.create', 'from.asset.assetId', 'usdc', quoteInput, /ob:usdc, or a CAIP-19/],
    ['quotes.create', 'to.asset.assetId', 'ds:usdc', quoteInput, /ob:usdc, or a CAIP-19/],
    ['quotes.create', 'to.account', EVM_ADDRESS, quoteInput, /CAIP-10/],
    ['quotes.create', 'from.accounts', [], quoteInput, /at least one account/],
    ['quotes.create', 'from.accounts', Array(11).fill(solana), quoteInput, /at most 10/],
    ['quotes.create', 'from.accounts', [solana, solana], quoteInput, /each type of account once/],
    ['quotes.create', 'from.accounts', [roleBased, basic], quoteInput, /one kind of EVM account/],
    ['quotes.create', 'from.accounts.0.type', 'kernel', quoteInput, /must be role-based, kernel-v3.1-ecdsa/],
    [
      'quotes.create',
      'from.accounts.0.adminAddress',
      roleBased.sessionAddress,
      quoteInput,
      /must differ from sessionAddress/,
    ],
    ['quotes.create', 'from.accounts.0.accountAddress', '0x123', quoteInput, /40 hexadecimal digits/],
    ['quotes.prepareCall', 'calls.0.data', '0x095ea7b3ffff', callInput, /allowanceRequirements/],
    ['quotes.prepareCall', 'calls.0.data', '0x095EA7B3', callInput, /allowanceRequirements/],
    ['quotes.prepareCall', 'calls.0.data', '0xabc', callInput, /two for each byte/],
    ['quotes.prepareCall', 'calls.0.value', 1, callInput, /string/],
    ['quotes.prepareCall', 'calls', [], callInput, /at least one call/],
    ['quotes.prepareCall', 'tokensRequired.0.assetType', 'ob:usdc', callInput, /CAIP-19.*fromAggregatedAssetId/],
    ['quotes.prepareCall', 'targetChain', '8453', callInput, /CAIP-2/],
    ['quotes.createCall', 'fromAggregatedAssetId', USDC, callQuoteInput, /ob:usdc/],
    ['quotes.createCall', 'tamperProofSignature', '', callQuoteInput, /empty/],
    ['accounts.predictAddress', 'adminAddress', EVM_ADDRESS, { sessionAddress: EVM_ADDRESS }, /must differ/],
    ['accounts.predictAddress', 'signerAddress', undefined, { type: 'kernel-v3.1-ecdsa' }, /EVM address/],
    ['balances.aggregated', 'aggregatedAssetId', undefined, { account: ACCOUNT }, /at least one of them/],
    ['balances.aggregated', 'aggregatedAssetId', USDC, { account: ACCOUNT }, /goes into assetId/],
    ['balances.aggregated', 'assetId', ['ob:usdc'], { account: ACCOUNT }, /goes into aggregatedAssetId/],
    ['balances.aggregated', 'account', EVM_ADDRESS, { assetId: USDC }, /CAIP-10/],
    ['balances.aggregated', 'account', [], { assetId: USDC }, /CAIP-10/],
  ])('%s refuses %s = %j', async (name, path, part, input, message) => {
    const [group = '', method = ''] = name.split('.')
    const error = await rejection<InputError>(send[group]?.[method]?.(put(input, path, part)) as Promise<unknown>)
    expect(error).toBeInstanceOf(InputError)
    expect(new Set(error.issues.map((issue) => issue.path))).toEqual(new Set([path]))
    expect(error.message).toMatch(message)
    expect(sent).toHaveLength(0)
  })

  it('refuses an asset of any chain as an allowance', async () => {
    const allowanceRequirements = [{ assetType: 'ob:usdc', amount: '1', spender: EVM_ADDRESS }]
    const error = await rejection<InputError>(client.quotes.prepareCall({ ...callInput, allowanceRequirements }))
    expect(error.issues[0]?.path).toBe('allowanceRequirements.0.assetType')
  })

  it('names a missing field', async () => {
    const error = await rejection<InputError>(client.quotes.create({ from: quoteInput.from } as never))
    expect(error.issues).toEqual([{ path: 'to', message: 'is missing' }])
  })

  it('accepts what is right, and sends it as it is', async () => {
    const full = virtualClient(inTurn(makeQuote()))
    const { type: _, ...untyped } = roleBased
    const transfer = {
      ...quoteInput,
      from: { ...quoteInput.from, accounts: [untyped, solana] },
      to: { ...quoteInput.to, account: `eip155:137:${ADMIN_ADDRESS}` },
      slippageTolerance: 50,
    }
    await full.client.quotes.create(transfer)
    await full.client.quotes.createCall({ ...callQuoteInput, fromAggregatedAssetId: 'ob:usdc' } as never)
    expect(await full.sent[0]?.text()).toBe(JSON.stringify(transfer))
  })

  it('joins lists by commas', async () => {
    const balance = { balanceByAggregatedAsset: [], totalBalance: { fiatValue: 0 } }
    const { client, sent } = virtualClient(inTurn(balance))
    const account = [`eip155:8453:${EVM_ADDRESS}`, `solana:${solana.accountAddress}`]
    await client.balances.aggregated({
      account,
      aggregatedAssetId: 'ob:usdc,ob:eth',
      assetId: [USDC, `${SOLANA}/slip44:501`],
    })
    expect(Object.fromEntries(new URL(sent[0]?.url ?? '').searchParams)).toEqual({
      account: account.join(','),
      aggregatedAssetId: 'ob:usdc,ob:eth',
      assetId: `${USDC},${SOLANA}/slip44:501`,
    })
  })
})

describe('output', () => {
  it.each([
    [
      'an amount as a number',
      'originChainsOperations.0.amount',
      { originChainsOperations: [evmOperation({ amount: 1 })] },
    ],
    [
      'a nonce as a number',
      'originChainsOperations.0.userOp.nonce',
      { originChainsOperations: [evmOperation({ userOp: { nonce: 1 } })] },
    ],
    ['a fee as a number', 'fees.assets.ob:usdc', { fees: { assets: { 'ob:usdc': 12 } } }],
    ['no id', 'id', { id: undefined }],
  ])('refuses %s', async (_, path, more) => {
    const { client } = virtualClient(inTurn(makeQuote(more)))
    const error = await rejection<ResponseError>(client.quotes.create(quoteInput))
    expect(error.code).toBe('invalid_response')
    expect(error.issues.map((issue) => issue.path)).toEqual([path])
  })

  it('refuses a balance that lost its digits on the way', async () => {
    const body =
      '{"balanceByAggregatedAsset":[{"aggregatedAssetId":"ob:eth","balance":12345678901234567890,"fiatValue":1,"individualAssetBalances":[]}],"totalBalance":{"fiatValue":1}}'
    const { client } = virtualClient(() => new Response(body))
    const balance = client.balances.aggregated({ account: ACCOUNT, aggregatedAssetId: 'ob:eth' })
    expect((await rejection<ResponseError>(balance)).issues[0]?.path).toBe('balanceByAggregatedAsset.0.balance')
  })

  it.each([
    ['unknown kinds and fields', { accounts: [{ type: 'kernel-v9', accountAddress: '0x', x: 1 }], x: null }],
    [
      'both operations',
      { originChainsOperations: [{ type: 'solana', dataToSign: 'AQ==' }, evmOperation({ delegation: null })] },
    ],
    [
      'tokens in each of their shapes',
      { originToken: { amount: '1', assetType: USDC, fiatValue: [{ assetType: USDC, fiatValue: '1' }] } },
    ],
    [
      'slippage and fees',
      {
        slippage: { origin: { percent: '1', usd: '1', value: '1' } },
        fees: { assets: { 'ob:usdc': '1' }, cumulativeUSD: '1' },
      },
    ],
  ])('takes %s, and keeps the order', async (_, more) => {
    const answer = makeQuote(more)
    const { client } = virtualClient(inTurn(answer))
    expect(JSON.stringify(await client.quotes.create(quoteInput))).toBe(JSON.stringify(answer))
  })

  it('takes a call quote with account in place of accounts', async () => {
    const { accounts, ...rest } = makeQuote()
    const { client } = virtualClient(inTurn({ ...rest, account: accounts[0] }))
    expect(await client.quotes.createCall(callQuoteInput as never)).toMatchObject({ account: roleBased })
  })

  it.each([
    {},
    { status: 'A_NEW_STATUS', failReason: 'A_NEW_REASON' },
    { status: { status: 'COMPLETED' } },
    {
      quoteId: 'q',
      status: 'PENDING',
      user: '0x',
      recipientAccountId: 'eip155:1/0x',
      originChainOperations: [{ hash: '0x', chain: 'eip155:1', chainId: 1, explorerUrl: 'https://e' }, {}],
      destinationChainOperations: null,
    },
  ])('takes the status %j', async (answer) => {
    const { client } = virtualClient(inTurn(answer))
    expect(await client.executions.status({ quoteId: 'q' })).toEqual(answer)
  })

  it('reads any 2xx', async () => {
    const { client } = virtualClient(() => json({ predictedAddress: ADMIN_ADDRESS }, 201))
    const signers = { type: 'kernel-v3.1-ecdsa', signerAddress: EVM_ADDRESS } as const
    expect(await client.accounts.predictAddress(signers)).toEqual({ predictedAddress: ADMIN_ADDRESS })
  })
})

describe('errors', () => {
  it.each([
    [401, { error: 'Unauthorized', message: 'Invalid or missing API key', code: 401 }, /ONEBALANCE_API_KEY/],
    [403, { message: ['no'] }, /may not use this endpoint/],
    [404, {}, /may be gone/],
    [429, {}, /retryAfter/],
  ])('say what to do about %i', async (status, body, hint) => {
    const { client } = virtualClient(() => json(body, status), { retry: false })
    expect(await rejection(client.assets.list())).toMatchObject({ status, hint: expect.stringMatching(hint) })
  })

  it('read the limit headers', async () => {
    const reset = String(Date.UTC(2026, 0, 1) / 1_000 + 30)
    const headers = { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }
    const { client } = virtualClient(() => json({}, 429, headers), { retry: false })
    expect(await rejection(client.assets.list())).toMatchObject({ limit: 60, remaining: 0, retryAfter: 30_000 })
  })
})

describe('an answer', () => {
  it.each(listEndpoints(oneBalance))('of $name is a list only where a list is documented', ({ endpoint }) => {
    const isDocumented = ['/api/assets/list', '/api/chains/supported-list'].includes(endpoint.path)
    expect(v.safeParse(endpoint.output, []).success).toBe(isDocumented)
  })
})
