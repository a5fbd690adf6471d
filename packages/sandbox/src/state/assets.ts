/** One token on one chain. */
export interface Token {
  /** CAIP-19 id. */
  readonly assetType: string
  readonly chain: string
  readonly decimals: number
  readonly symbol: string
  readonly name: string
  readonly aggregatedAssetId: string
  /** Millionths of a US dollar for one whole unit. */
  readonly microPrice: bigint
}

/** One asset with its tokens on the chains. */
export interface Asset {
  readonly aggregatedAssetId: string
  readonly symbol: string
  readonly name: string
  readonly decimals: number
  readonly tokens: readonly Token[]
}

const SOLANA = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'

/** Every chain of the sandbox, CAIP-2. */
export const CHAINS: readonly string[] = ['eip155:1', 'eip155:10', 'eip155:137', 'eip155:8453', 'eip155:42161', SOLANA]

/** Contracts of the sandbox's own, one pattern a token; none of them is real. */
const contract = (digit: string): string => `0x${digit.repeat(40)}`

function asset(
  symbol: string,
  name: string,
  decimals: number,
  microPrice: bigint,
  places: readonly (readonly [string, string])[],
): Asset {
  const aggregatedAssetId = `ob:${symbol.toLowerCase()}`
  return {
    aggregatedAssetId,
    symbol,
    name,
    decimals,
    tokens: places.map(([chain, id]) => ({
      assetType: `${chain}/${id}`,
      chain,
      decimals,
      symbol,
      name,
      aggregatedAssetId,
      microPrice,
    })),
  }
}

const evm = (id: string, chains = CHAINS.slice(0, 5)) => chains.map((chain) => [chain, id] as const)

/** Every asset of the sandbox, at a price that never moves. */
export const ASSETS: readonly Asset[] = [
  asset('USDC', 'USD Coin', 6, 1_000_000n, [
    ...evm(`erc20:${contract('c')}`),
    [SOLANA, 'token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'],
  ]),
  asset('USDT', 'Tether USD', 6, 1_000_000n, evm(`erc20:${contract('d')}`)),
  asset('ETH', 'Ether', 18, 3_000_000_000n, evm('slip44:60', ['eip155:1', 'eip155:10', 'eip155:8453', 'eip155:42161'])),
  asset('SOL', 'Solana', 9, 150_000_000n, [[SOLANA, 'slip44:501']]),
]

/** The tokens that an id stands for: all of an aggregated asset's, or one. Empty where the sandbox does not know it. */
export function findTokens(id: string): readonly Token[] {
  const tokens = ASSETS.flatMap((one) => one.tokens)
  return tokens.filter((token) => token.aggregatedAssetId === id || token.assetType.toLowerCase() === id.toLowerCase())
}

/** Millionths of a US dollar. */
export function toMicroUsd(amount: bigint, token: Token): bigint {
  return (amount * token.microPrice) / 10n ** BigInt(token.decimals)
}

/** US dollars as the API writes them in quotes. */
export function formatUsd(micro: bigint): string {
  return `${micro / 1_000_000n}.${String(micro % 1_000_000n)
    .padStart(6, '0')
    .slice(0, 2)}`
}
