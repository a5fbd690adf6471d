import { createClient, formatAmount, isOneBalanceError, PUBLIC_TESTING_KEY, readStatus, signQuote } from '@ob/deno'

const { env, stdout } = globalThis.process
const sandbox = env.ONEBALANCE_SANDBOX && JSON.parse(env.ONEBALANCE_SANDBOX)
const ACCOUNT = {
  type: 'role-based',
  sessionAddress: '0x1cBFbFd62a276BF6D79d504eA4CA75a7baDcf5b1',
  adminAddress: '0xc162a3cE45ad151eeCd0a5532D6E489D034aB3B8',
  accountAddress: '0xb98E11f0f854442801e7cf3214710972D5dAF11a',
}
const HOLDER = `eip155:42161:${ACCOUNT.accountAddress}`

if (sandbox) {
  say(`A complete OneBalance API runs on this machine, over TLS, at ${sandbox.url}.`)
  say('Nothing leaves this machine and no real money moves.')
} else {
  say(`Talking to ${env.ONEBALANCE_BASE_URL} with the key from ONEBALANCE_API_KEY.`)
}

// Five lines to a first call. Without options, the key comes from ONEBALANCE_API_KEY.
await withClient(connect(PUBLIC_TESTING_KEY), async (ob) => {
  title(sandbox ? 'What can be held (the first call, with the public testing key)' : 'What can be held')
  const assets = await ob.assets.list()
  table(
    ['asset', 'symbol', 'name', 'on chains'],
    assets.map((asset) => [asset.aggregatedAssetId, asset.symbol, asset.name, String(asset.aggregatedEntities.length)]),
  )
  title('Where')
  const chains = await ob.chains.list()
  table(
    ['chain', 'test network'],
    chains.map(({ chain, isTestnet }) => [chain.chain, isTestnet ? 'yes' : 'no']),
  )
})

await withClient(connect(sandbox?.keys.full), async (ob) => {
  title(`What ${short(ACCOUNT.accountAddress)} holds`)
  await showBalances(ob)
  if (sandbox) await swap(ob)
})

if (sandbox) {
  title('What you see when something is wrong')
  await provoke('401: a key that the API does not know', connect('not-a-key-that-anybody-has'), (ob) =>
    ob.assets.list(),
  )
  await provoke('403: a key that may only read', connect(sandbox.keys.readOnly), async (ob) => {
    const quote = await ob.quotes.create(swapRequest())
    return ob.quotes.execute(await signQuote(quote, { evm: demoSigner() }))
  })
  await withClient(connect(PUBLIC_TESTING_KEY), spendMinute)
  await provoke(
    '429: the 61st request of a minute, with a key that is good for 60',
    connect(PUBLIC_TESTING_KEY, { deadline: 5_000 }),
    (ob) => ob.assets.list(),
  )
}
say('\nDone.')

/** A client for the sandbox with this key, or for the service that the environment names. */
function connect(apiKey, options = {}) {
  return sandbox ? createClient({ apiKey, baseURL: sandbox.url, ca: sandbox.ca, ...options }) : createClient(options)
}

async function showBalances(ob) {
  const balance = await ob.balances.aggregated({ account: HOLDER, aggregatedAssetId: ['ob:usdc', 'ob:eth'] })
  table(
    ['asset', 'amount', 'in USD'],
    balance.balanceByAggregatedAsset.map(({ aggregatedAssetId, balance, fiatValue }) => [
      aggregatedAssetId,
      formatAmount(balance, aggregatedAssetId === 'ob:eth' ? 18 : 6),
      Number(fiatValue).toFixed(2),
    ]),
  )
}

async function swap(ob) {
  title('Swap 5 USDC for ETH: quote, sign, execute, wait')
  const quote = await ob.quotes.create(swapRequest())
  say(`  quote    ${short(quote.id)}, good until ${new Date(Number(quote.expirationTimestamp) * 1000).toISOString()}`)
  const signed = await signQuote(quote, { evm: demoSigner() })
  say('  signed   only the signature slots were filled')
  const done = await ob.quotes.executeAndWait(signed, {
    interval: { initial: 500 },
    onStatus: (status) => progress(`  status   ${status}`),
  })
  progress(`  done     ${readStatus(done)}\n`)
  await showBalances(ob)
}

/** Makes calls, one at a time, until the client itself sees that the limit is reached. */
async function spendMinute(ob) {
  for (;;) {
    const { response } = await ob.chains.list().withResponse()
    if (response.headers.get('x-ratelimit-remaining') === '0') return
  }
}

function swapRequest() {
  return {
    from: { accounts: [ACCOUNT], asset: { assetId: 'ob:usdc' }, amount: '5000000' },
    to: { asset: { assetId: 'ob:eth' } },
    slippageTolerance: 50,
  }
}

/** The sandbox checks that a signature is there. A wallet signs here; docs/signing.md shows it with viem and ethers. */
function demoSigner() {
  return { signTypedData: async () => `0x${'11'.repeat(65)}` }
}

async function provoke(what, client, act) {
  say(`\n${what}`)
  await withClient(client, async (ob) => {
    try {
      await act(ob)
      say('  (no error)')
      globalThis.process.exitCode = 1
    } catch (error) {
      if (!isOneBalanceError(error)) throw error
      say(`  ${error.name} (code ${error.code}, outcome ${error.outcome})`)
      say(`  ${error.message}`)
      say(`  What to do: ${error.hint}`)
      if (error.retryAfter !== undefined) say(`  Wait: ${Math.ceil(error.retryAfter / 1000)} s`)
    }
  })
}

async function withClient(client, act) {
  try {
    await act(client)
  } finally {
    await client.close()
  }
}

function say(line) {
  stdout.write(`${line}\n`)
}

function title(text) {
  say(`\n${text}\n${'-'.repeat(text.length)}`)
}

/** On a terminal the line is written over, elsewhere each state gets its own. */
function progress(line) {
  stdout.write(stdout.isTTY ? `\r\u001b[K${line}` : line.endsWith('\n') ? line : `${line}\n`)
}

function table(head, rows) {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column].length)))
  for (const row of [head, ...rows])
    say(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd()}`,
    )
}

function short(hex) {
  return `${hex.slice(0, 6)}…${hex.slice(-4)}`
}
