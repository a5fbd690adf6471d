import type { AccountInput } from '@ob/browser'

/** The account on EVM chains. The history is kept under its address. */
export const EVM_ADDRESS = '0xb98E11f0f854442801e7cf3214710972D5dAF11a'

/** The account on Solana. */
export const SOLANA_ADDRESS = '7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU'

/** What pays: each account that belongs to the person at the screen. An app of your own takes it from its log-in. */
export const ACCOUNTS: AccountInput[] = [
  {
    type: 'role-based',
    sessionAddress: '0x1cBFbFd62a276BF6D79d504eA4CA75a7baDcf5b1',
    adminAddress: '0xc162a3cE45ad151eeCd0a5532D6E489D034aB3B8',
    accountAddress: EVM_ADDRESS,
  },
  { type: 'solana', accountAddress: SOLANA_ADDRESS },
]

/** The same accounts as balances are asked for. */
export const HOLDERS = [`eip155:1:${EVM_ADDRESS}`, `solana:${SOLANA_ADDRESS}`]
