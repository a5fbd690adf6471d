import type { Sandbox } from '../src/index.ts'
import { type Answer, type Ask, ask } from './ask.ts'

export const ASSETS = '/api/assets/list'
export const CHAINS = '/api/chains/supported-list'
export const QUOTE = '/api/v3/quote'
export const EXECUTE = '/api/v3/quote/execute-quote'

export const ACCOUNT = {
  type: 'role-based',
  sessionAddress: '0x1cBFbFd62a276BF6D79d504eA4CA75a7baDcf5b1',
  adminAddress: '0xc162a3cE45ad151eeCd0a5532D6E489D034aB3B8',
  accountAddress: '0xb98E11f0f854442801e7cf3214710972D5dAF11a',
}
export const HOLDER = `eip155:42161:${ACCOUNT.accountAddress}`

/** A swap of USDC for ETH. */
export function swap(amount = '5000000', more: Record<string, unknown> = {}) {
  return {
    from: { accounts: [ACCOUNT], asset: { assetId: 'ob:usdc' }, amount },
    to: { asset: { assetId: 'ob:eth' } },
    ...more,
  }
}

/** A copy with every signature slot filled. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads answers freely.
export function sign(quote: any): any {
  const signed = JSON.parse(JSON.stringify(quote))
  for (const operation of [...(signed.originChainsOperations ?? []), signed.chainOperation].filter(Boolean)) {
    if (operation.type === 'solana') operation.signature = '5'.repeat(88)
    else operation.userOp.signature = `0x${'11'.repeat(65)}`
    if (operation.delegation) operation.delegation.signature = `0x${'22'.repeat(65)}`
  }
  return signed
}

/** Requests with the full key, on one sandbox. */
export function using(sandbox: Sandbox) {
  const send = (path: string, options: Ask = {}): Promise<Answer> =>
    ask(sandbox, path, { key: sandbox.keys.full, ...options })
  const post = (path: string, body: unknown, options: Ask = {}): Promise<Answer> =>
    send(path, { method: 'POST', body, ...options })
  const balances = async (ids: string) =>
    (await send(`/api/v3/balances/aggregated-balance?account=${HOLDER}&aggregatedAssetId=${ids}`)).json
  return {
    send,
    post,
    balances,
    held: async (id: string) => BigInt((await balances(id)).balanceByAggregatedAsset[0].balance),
    /** A signed quote. */
    quote: async (input: unknown = swap()) => sign((await post(QUOTE, input)).json),
    status: async (id: string) => (await send(`/api/v3/status/get-execution-status?quoteId=${id}`)).json,
  }
}
