import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ACCOUNT, EXECUTE, QUOTE, sign, swap, using } from '../test/fixtures.ts'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
const api = () => using(sandbox)
let send: ReturnType<typeof using>['send']
let post: ReturnType<typeof using>['post']
beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7 })
  ;({ send, post } = using(sandbox))
})
afterEach(() => sandbox.close())

describe('journey', () => {
  test('two at the same moment: both counted, one moves', async () => {
    const usdc = await api().held('ob:usdc')
    const quote = await api().quote()
    await Promise.all([post(EXECUTE, quote), post(EXECUTE, quote)])
    sandbox.clock.advance(10_000)
    expect(sandbox.executed.get(quote.id)).toBe(2)
    expect(await api().held('ob:usdc')).toBe(usdc - 5_000_000n)
  })
  test('tamper: value, key order, extra field, unknown quote', async () => {
    const quote = await api().quote()
    const { id, ...rest } = quote
    const first = quote.originChainsOperations[0]
    const variants = [
      { ...quote, expirationTimestamp: '9999999999' },
      { ...rest, id },
      { ...quote, extra: 1 },
      { ...quote, id: `0x${'1'.repeat(64)}` },
      { ...quote, tamperProofSignature: '0x00' },
      { ...quote, originToken: { ...quote.originToken, amount: '1' } },
      {
        ...quote,
        originChainsOperations: [
          { ...first, userOp: { ...first.userOp, callData: '0x' } },
          ...quote.originChainsOperations.slice(1),
        ],
      },
      {
        ...quote,
        originChainsOperations: [
          { ...first, typedDataToSign: { ...first.typedDataToSign, message: {} } },
          ...quote.originChainsOperations.slice(1),
        ],
      },
      { ...quote, originChainsOperations: [] },
      { ...quote, accounts: [{ ...ACCOUNT, accountAddress: ACCOUNT.adminAddress }] },
    ]
    for (const [index, body] of variants.entries()) {
      const answer = await post(EXECUTE, body)
      expect([index, answer.status, answer.json]).toEqual([
        index,
        400,
        { message: 'Incorrect tamper proof signature', statusCode: 400 },
      ])
    }
    expect(sandbox.executed.get(quote.id) ?? 0).toBe(0)
    expect((await post(EXECUTE, quote)).status).toBe(200)
  })
  test('unsigned and expired quotes are refused', async () => {
    const quote = (await post(QUOTE, swap())).json
    expect((await post(EXECUTE, quote)).status).toBe(400)
    sandbox.clock.advance(Number(quote.expirationTimestamp) * 1_000 - sandbox.clock.now())
    expect((await post(EXECUTE, sign(quote))).status).toBe(400)
    expect(sandbox.executed.get(quote.id) ?? 0).toBe(0)
  })
  test('two quotes for the same money: the second does not overdraw', async () => {
    const usdc = await api().held('ob:usdc')
    const [a, b] = [
      sign((await post(QUOTE, swap(String(usdc)))).json),
      sign((await post(QUOTE, swap(String(usdc)))).json),
    ]
    await post(EXECUTE, a)
    const second = await post(EXECUTE, b)
    expect(second.status >= 400 || second.json.success === false).toBe(true)
    sandbox.clock.advance(10_000)
    expect(await api().held('ob:usdc')).toBe(0n)
  })
  test('a transfer arrives with its recipient', async () => {
    const other = `0x${'ab'.repeat(20)}`
    const held = async () =>
      BigInt(
        (await send(`/api/v2/balances/aggregated-balance?address=${other}`)).json.balanceByAggregatedAsset[0].balance,
      )
    const before = await held()
    const signed = await api().quote(
      swap('5000000', { to: { asset: { assetId: 'ob:usdc' }, account: `eip155:8453:${other}` } }),
    )
    await post(EXECUTE, signed)
    sandbox.clock.advance(10_000)
    expect(await held()).toBe(before + BigInt(signed.destinationToken.amount))
    expect(signed.destinationToken.assetType).toMatch(/^eip155:8453\//)
  })
  test('Solana and EIP-7702 accounts get slots of their own, each needed', async () => {
    const solana = { type: 'solana', accountAddress: '7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU' }
    const delegated = {
      type: 'kernel-v3.3-ecdsa',
      signerAddress: ACCOUNT.adminAddress,
      accountAddress: ACCOUNT.adminAddress,
      deploymentType: 'EIP7702',
    }
    const ofSolana = {
      from: { accounts: [solana], asset: { assetId: 'ob:sol' }, amount: '1000000' },
      to: { asset: { assetId: 'ob:usdc' } },
    }
    const ofDelegated = {
      from: { accounts: [delegated], asset: { assetId: 'ob:usdc' }, amount: '1000000' },
      to: { asset: { assetId: 'ob:eth' } },
    }
    for (const [input, slot] of [
      [ofSolana, (operation: Record<string, unknown>) => operation],
      [ofDelegated, (operation: Record<string, unknown>) => operation['delegation']],
    ] as const) {
      const signed = await api().quote(input)
      const unsigned = structuredClone(signed)
      ;(slot(unsigned.originChainsOperations[0]) as { signature?: string }).signature = ''
      expect((await post(EXECUTE, unsigned)).status).toBe(400)
      expect((await post(EXECUTE, signed)).json).toMatchObject({ success: true })
    }
  })
  test('a contract call: prepare, sign, quote, sign, execute', async () => {
    const { held, balances, status } = api()
    const [{ assetType }] = (await balances('ob:usdc')).balanceByAggregatedAsset[0].individualAssetBalances
    const usdc = await held('ob:usdc')
    const prepared = (
      await post('/api/v3/quote/prepare-call-quote', {
        accounts: [ACCOUNT],
        targetChain: 'eip155:1',
        calls: [{ to: ACCOUNT.adminAddress, data: '0x1234' }],
        tokensRequired: [{ assetType, amount: '1000' }],
      })
    ).json
    const { accounts, chainOperation, tamperProofSignature } = sign(prepared)
    const body = { accounts, chainOperation, tamperProofSignature, fromAggregatedAssetId: 'ob:usdc' }
    const changed = structuredClone(body)
    changed.chainOperation.userOp.callData = '0x'
    expect((await post('/api/v3/quote/call-quote', changed)).status).toBe(400)
    expect((await post('/api/v3/quote/call-quote', { ...body, chainOperation: prepared.chainOperation })).status).toBe(
      400,
    )
    const signed = sign((await post('/api/v3/quote/call-quote', body)).json)
    await post(EXECUTE, signed)
    sandbox.clock.advance(10_000)
    expect((await status(signed.id)).status).toBe('COMPLETED')
    expect(await held('ob:usdc')).toBe(usdc - 1_000n)
  })
  test('balances are the same for the same seed, and held on several chains', async () => {
    const again = await startSandbox({ port: 0, seed: 7 })
    try {
      const one = await api().balances('ob:usdc,ob:eth')
      expect(await using(again).balances('ob:usdc,ob:eth')).toEqual(one)
      const chains = one.balanceByAggregatedAsset[0].individualAssetBalances.filter(
        ({ balance }: { balance: string }) => balance !== '0',
      )
      expect(chains.length).toBeGreaterThan(1)
    } finally {
      await again.close()
    }
  })
  test('history: pages join to the whole, newest first, while more arrive', async () => {
    const ids: string[] = []
    const execute = async () => {
      const quote = sign((await post(QUOTE, swap('1000000'))).json)
      await post(EXECUTE, quote)
      sandbox.clock.advance(1_000)
      ids.unshift(quote.id)
    }
    for (let i = 0; i < 5; i++) await execute()
    const page = async (more = '') =>
      (await send(`/api/v3/status/get-tx-history?user=${ACCOUNT.accountAddress}&limit=2${more}`)).json
    const first = await page()
    const seen = first.transactions.map(({ quoteId }: { quoteId: string }) => quoteId)
    const expected = [...ids]
    await execute()
    for (let cursor = first.continuation; cursor; ) {
      const next = await page(`&continuation=${encodeURIComponent(cursor)}`)
      seen.push(...next.transactions.map(({ quoteId }: { quoteId: string }) => quoteId))
      cursor = next.continuation
    }
    expect(seen).toEqual(expected)
    expect((await send(`/api/v3/status/get-tx-history?user=${ACCOUNT.accountAddress}&limit=0`)).status).toBe(400)
    expect(
      (await send(`/api/v3/status/get-tx-history?user=${ACCOUNT.accountAddress}&continuation=%21%21`)).status,
    ).toBe(400)
  })
})
