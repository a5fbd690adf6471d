import type { ClientOptions } from '../src/index.ts'
import { type Answer, json, stubClient } from './transport.ts'

/** When the virtual clock begins. */
export const START = Date.UTC(2026, 0, 1)
export const EVM_ADDRESS = `0x${'1'.repeat(40)}`
export const ADMIN_ADDRESS = `0x${'2'.repeat(40)}`
export const SOLANA = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'
export const SIGNATURE = `0x${'ab'.repeat(65)}`

export const roleBased = {
  type: 'role-based',
  sessionAddress: EVM_ADDRESS,
  adminAddress: ADMIN_ADDRESS,
  accountAddress: `0x${'3'.repeat(40)}`,
} as const
export const basic = {
  type: 'kernel-v3.1-ecdsa',
  signerAddress: EVM_ADDRESS,
  accountAddress: `0x${'4'.repeat(40)}`,
} as const
export const delegated = {
  type: 'kernel-v3.3-ecdsa',
  deploymentType: 'EIP7702',
  signerAddress: EVM_ADDRESS,
  accountAddress: EVM_ADDRESS,
} as const
export const solana = { type: 'solana', accountAddress: 'So11111111111111111111111111111111111111112' } as const

/** What runs on Base, unsigned. */
export function evmOperation(more: object = {}) {
  return {
    userOp: { sender: roleBased.accountAddress, nonce: '12345678901234567890', signature: '0x' },
    typedDataToSign: { domain: { chainId: 8453 }, types: {}, primaryType: 'Approve', message: { hash: '0x01' } },
    assetType: `eip155:8453/erc20:${EVM_ADDRESS}`,
    amount: '1500000',
    ...more,
  }
}

/** What runs on Solana, unsigned. */
export const solanaOperation = {
  type: 'solana',
  instructions: [],
  dataToSign: 'AQIDBA==',
  assetType: `${SOLANA}/slip44:501`,
  amount: '1',
} as const

/** A v3 quote as the API makes them; good for a minute. */
export function makeQuote(more: object = {}) {
  return {
    id: `0x${'c'.repeat(64)}`,
    accounts: [roleBased],
    originChainsOperations: [evmOperation()],
    originToken: { aggregatedAssetId: 'ob:usdc', amount: '1500000', assetType: [], fiatValue: [] },
    destinationToken: { aggregatedAssetId: 'ob:eth', amount: '1', assetType: 'eip155:1/slip44:60', fiatValue: '1.5' },
    expirationTimestamp: String(START / 1_000 + 60),
    tamperProofSignature: '0xseal',
    ...more,
  }
}

/** A client on a clock that moves by its sleeps only; they take no time. */
export function virtualClient(answer: Answer, options: Partial<ClientOptions> = {}) {
  const sleeps: number[] = []
  const clock = { now: START }
  const { client, sent } = stubClient(answer, {
    ...options,
    runtime: {
      now: () => clock.now,
      sleep: async (ms) => {
        sleeps.push(ms)
        clock.now += ms
      },
      setTimer: () => () => {},
      random: () => 0,
      ...options.runtime,
    },
  })
  return { client, sent, sleeps, clock }
}

/** Gives these answers in turn, and the last one from then on. An error is thrown, as a network fails. */
export function inTurn(...answers: (Response | Error | object)[]): Answer {
  return (_sent, index) => {
    const answer = answers[Math.min(index, answers.length - 1)] as Response | Error | object
    if (answer instanceof Error) throw answer
    return answer instanceof Response ? answer.clone() : json(answer)
  }
}

/** Aborts, and gives a promise that never settles. */
export function abortAndStall(controller: AbortController, reason: unknown): Promise<never> {
  controller.abort(reason)
  return new Promise(() => {})
}
