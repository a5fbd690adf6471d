const NAMES: { readonly [chain: string]: string } = {
  'eip155:1': 'Ethereum',
  'eip155:10': 'Optimism',
  'eip155:137': 'Polygon',
  'eip155:8453': 'Base',
  'eip155:42161': 'Arbitrum',
  'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': 'Solana',
}

/** What people call a chain; of one that is not known here, its CAIP-2 id. */
export function chainName(chain: string): string {
  return NAMES[chain] ?? chain
}
