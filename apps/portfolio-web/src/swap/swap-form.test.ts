import { expect, it } from 'vitest'
import { SOLANA_ADDRESS } from '../account.ts'
import type { Portfolio } from '../portfolio.ts'
import { chooseAsset, firstForm, readForm } from './swap-form.ts'

const asset = (symbol: string, decimals: number, tokens: string[]) => ({
  aggregatedAssetId: `ob:${symbol.toLowerCase()}`,
  symbol,
  name: symbol,
  decimals,
  aggregatedEntities: tokens.map((assetType) => ({ assetType, decimals, name: symbol, symbol })),
})
const usdc = asset('USDC', 6, ['eip155:1/erc20:0xc', 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:EPj'])
const sol = asset('SOL', 9, ['solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/slip44:501'])
const portfolio: Portfolio = {
  assets: [usdc, sol],
  holdings: [{ asset: usdc, balance: '10000000', fiatValue: 10, chains: [] }],
  total: 10,
}
const form = { from: 'ob:usdc', to: 'ob:sol', amount: '2.5', slippage: 50 }

it('begins with the most valuable holding', () => {
  expect(firstForm(portfolio)).toEqual({ from: 'ob:usdc', to: 'ob:sol', amount: '', slippage: 50 })
  expect(firstForm({ assets: [], holdings: [], total: 0 })).toMatchObject({ from: '', to: '' })
})

it('lets the sides change places rather than be the same', () => {
  expect(chooseAsset(form, 'from', 'ob:sol')).toMatchObject({ from: 'ob:sol', to: 'ob:usdc' })
  expect(chooseAsset(form, 'to', 'ob:usdc')).toMatchObject({ from: 'ob:sol', to: 'ob:usdc' })
  expect(chooseAsset(form, 'to', 'ob:eth')).toMatchObject({ from: 'ob:usdc', to: 'ob:eth' })
})

it('asks for exactly what was typed, in base units', () => {
  expect(readForm(form, portfolio)).toMatchObject({
    input: {
      from: { asset: { assetId: 'ob:usdc' }, amount: '2500000' },
      to: { asset: { assetId: 'ob:sol' }, account: `solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:${SOLANA_ADDRESS}` },
      slippageTolerance: 50,
    },
  })
})

it('takes all that is held, and not one unit more', () => {
  expect(readForm({ ...form, amount: '10' }, portfolio)).toHaveProperty('input')
  expect(readForm({ ...form, amount: '10.000001' }, portfolio)).toEqual({
    problem: 'You hold 10 USDC: enter that much or less.',
  })
  expect(readForm({ ...form, from: 'ob:sol', to: 'ob:usdc', amount: '1' }, portfolio)).toEqual({
    problem: 'You hold 0 SOL: enter that much or less.',
  })
})

it('names no receiver where the paying account is one', () => {
  const read = readForm(
    { ...form, from: 'ob:sol', to: 'ob:usdc', amount: '0.1' },
    {
      ...portfolio,
      holdings: [{ asset: sol, balance: '1000000000', fiatValue: 150, chains: [] }],
    },
  )
  expect(read).toHaveProperty('input.to', { asset: { assetId: 'ob:usdc' } })
})
