import { createHash } from 'node:crypto'
import { ASSETS, type Token } from './assets.ts'

/** What every account holds. Any address has a balance from the start, always the same one for the same seed. */
export interface Ledger {
  balance(address: string, token: Token): bigint
  /** Adds, or takes off with a negative amount. */
  add(address: string, token: Token, amount: bigint): void
}

export function createLedger(seed: number): Ledger {
  const changes = new Map<string, bigint>()
  const toKey = (address: string, token: Token): string => `${address.toLowerCase()} ${token.assetType}`
  const opening = (address: string, token: Token): bigint => {
    const isSolanaAddress = !address.startsWith('0x')
    if (token.chain.startsWith('solana:') !== isSolanaAddress) return 0n
    // 50 to 305 US dollars of each token.
    const dollars =
      50n +
      BigInt(
        createHash('sha256')
          .update(`${seed} ${toKey(address, token)}`)
          .digest()[0] ?? 0,
      )
    return (dollars * 1_000_000n * 10n ** BigInt(token.decimals)) / token.microPrice
  }
  const balance = (address: string, token: Token): bigint =>
    opening(address, token) + (changes.get(toKey(address, token)) ?? 0n)
  return {
    balance,
    add(address, token, amount) {
      changes.set(toKey(address, token), (changes.get(toKey(address, token)) ?? 0n) + amount)
    },
  }
}

/** Every token of every asset. */
export const TOKENS: readonly Token[] = ASSETS.flatMap(({ tokens }) => tokens)
