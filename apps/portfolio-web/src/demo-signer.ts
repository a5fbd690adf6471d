import type { Signers } from '@ob/browser'

/**
 * Stands for a wallet. The sandbox checks only that each slot is signed, so this signs with fixed text and holds no key. A wallet
 * goes here: docs/signing.md shows viem and ethers.
 */
export const demoSigner: Signers = {
  evm: { signTypedData: () => `0x${'11'.repeat(65)}` },
  solana: { signMessage: () => '3'.repeat(88) },
}
