// What the upstream answers and what is sent to it: shaped as OneBalance's, so that checks have the work that they have in real life.

const CHAINS = ['eip155:1', 'eip155:10', 'eip155:137', 'eip155:8453', 'eip155:42161']

function asset(index: number, entities: number) {
  const symbol = `TK${index}`
  return {
    aggregatedAssetId: `ob:${symbol.toLowerCase()}`,
    symbol,
    name: `Token number ${index}`,
    decimals: index % 2 ? 18 : 6,
    logoUrl: `https://storage.example/logos/${symbol.toLowerCase()}.png`,
    aggregatedEntities: Array.from({ length: entities }, (_, place) => ({
      assetType: `${CHAINS[place % CHAINS.length]}/erc20:0x${String(index * 10 + place).padStart(40, '0')}`,
      decimals: index % 2 ? 18 : 6,
      name: `Token number ${index}`,
      symbol,
    })),
  }
}

/** The assets list with one asset, 0.6 kB. */
const small = [asset(1, 3)]
/** The assets list as a service with many assets has it, 200 kB. */
const large = Array.from({ length: 296 }, (_, index) => asset(index, 5))

const address = (digit: string) => `0x${digit.repeat(40)}`
const predictInput = { sessionAddress: address('1'), adminAddress: address('2') }
const account = { ...predictInput, accountAddress: address('3') }

const quoteInput = {
  from: { accounts: [{ type: 'role-based', ...account }], asset: { assetId: 'ob:usdc' }, amount: '5000000' },
  to: { asset: { assetId: 'ob:eth' } },
  slippageTolerance: 50,
}

const quote = {
  id: `0x${'a1'.repeat(32)}`,
  accounts: [{ type: 'role-based', ...account }],
  originToken: {
    aggregatedAssetId: 'ob:usdc',
    amount: '5000000',
    assetType: [`eip155:42161/erc20:${address('c')}`],
    fiatValue: [{ assetType: `eip155:42161/erc20:${address('c')}`, fiatValue: '5.00' }],
  },
  destinationToken: {
    aggregatedAssetId: 'ob:eth',
    amount: '1650000000000000',
    assetType: 'eip155:42161/slip44:60',
    fiatValue: '4.95',
    minimumAmount: '1641750000000000',
    minimumFiatValue: '4.93',
  },
  validUntil: '0',
  validAfter: '0',
  expirationTimestamp: '4102444800',
  tamperProofSignature: `0x${'b2'.repeat(65)}`,
  originChainsOperations: [
    {
      userOp: {
        sender: account.accountAddress,
        nonce: '31994562304018791559173496635392',
        callData: `0x${'de'.repeat(400)}`,
        callGasLimit: '1090645',
        verificationGasLimit: '786051',
        preVerificationGas: '127707',
        maxFeePerGas: '13060000',
        maxPriorityFeePerGas: '0',
        paymaster: address('4'),
        paymasterVerificationGasLimit: '23000',
        paymasterPostOpGasLimit: '100000',
        paymasterData: `0x${'ef'.repeat(120)}`,
        signature: `0x${'00'.repeat(65)}`,
      },
      typedDataToSign: {
        domain: { name: 'RoleBasedECDSAValidator', version: '1.4.3', chainId: 42161, verifyingContract: address('5') },
        types: {
          Approve: [
            { name: 'callDataAndNonceHash', type: 'bytes32' },
            { name: 'validUntil', type: 'uint48' },
          ],
        },
        primaryType: 'Approve',
        message: { callDataAndNonceHash: `0x${'c3'.repeat(32)}`, validUntil: 0 },
      },
      assetType: `eip155:42161/erc20:${address('c')}`,
      amount: '5000000',
    },
  ],
  fees: { assets: { 'ob:usdc': '12000' }, cumulativeUSD: '0.012' },
  slippage: { destination: { percent: '0.5', usd: '0.02', value: '8250000000000' } },
}

function balance(assets: readonly { aggregatedAssetId: string; aggregatedEntities: { assetType: string }[] }[]) {
  return {
    balanceByAggregatedAsset: assets.map(({ aggregatedAssetId, aggregatedEntities }) => ({
      aggregatedAssetId,
      balance: '5000000',
      individualAssetBalances: aggregatedEntities.map(({ assetType }) => ({
        assetType,
        balance: '1000000',
        fiatValue: 1,
      })),
      fiatValue: 5,
    })),
    balanceBySpecificAsset: [],
    totalBalance: { fiatValue: 5 * assets.length },
  }
}
const balances = { small: balance(small), large: balance(Array.from({ length: 320 }, (_, index) => asset(index, 5))) }

export const LIST = '/api/assets/list'
export const PREDICT = '/api/account/predict-address'
export const QUOTE = '/api/v3/quote'
/** Takes an account, so that requests can differ. */
export const BALANCE = '/api/v3/balances/aggregated-balance'

/** What a POST sends, by path. */
export const INPUTS = { [PREDICT]: predictInput, [QUOTE]: quoteInput } as const
/** Paths that a POST goes to. */
export type PostPath = keyof typeof INPUTS

/** The answer to a path without query; `/large` in front of it asks for 200 kB. */
export function answerTo(path: string): unknown {
  if (path.endsWith(LIST)) return path.includes('/large/') ? large : small
  if (path.endsWith(BALANCE)) return path.includes('/large/') ? balances.large : balances.small
  if (path.endsWith(PREDICT)) return { predictedAddress: account.accountAddress }
  return path.endsWith(QUOTE) ? quote : undefined
}
