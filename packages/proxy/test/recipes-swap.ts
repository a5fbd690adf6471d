/** What a page asks a quote for. */
export const SWAP = {
  from: {
    accounts: [
      {
        type: 'role-based',
        sessionAddress: '0x1cBFbFd62a276BF6D79d504eA4CA75a7baDcf5b1',
        adminAddress: '0xc162a3cE45ad151eeCd0a5532D6E489D034aB3B8',
        accountAddress: '0xb98E11f0f854442801e7cf3214710972D5dAF11a',
      },
    ],
    asset: { assetId: 'ob:usdc' },
    amount: '5000000',
  },
  to: { asset: { assetId: 'ob:eth' } },
}
