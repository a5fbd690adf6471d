import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { invalid, Problem } from '../problem.ts'
import { findTokens, formatUsd, type Token, toMicroUsd } from './assets.ts'
import type { Ledger } from './ledger.ts'

/** Any JSON object. */
export type Json = Record<string, unknown>

/** An account that pays, as it stands in requests. */
export interface Account extends Json {
  readonly type?: string
  readonly accountAddress: string
}

/** A part of a quote's funds: which account pays how much of which token. */
export interface Payment {
  readonly address: string
  readonly token: Token
  readonly amount: bigint
}

/** A quote that was handed out, and what it will do. */
export interface IssuedQuote {
  readonly id: string
  readonly body: Json
  readonly expiresAt: number
  readonly payments: readonly Payment[]
  readonly receipt: { readonly address: string; readonly token: Token; readonly amount: bigint } | undefined
  readonly type: 'SWAP' | 'TRANSFER' | 'CALL'
  readonly user: string
  readonly recipient: string
  /** How it is to end badly, where that was asked for. */
  readonly ending: { readonly status: 'REFUNDED' | 'FAILED'; readonly failReason: string } | undefined
}

/** How long a quote can be executed. */
const LIFETIME = 30_000
/** What the sandbox takes: a thousandth. */
const FEE_DIVISOR = 1_000n

/** Makes quotes and remembers them. */
export function createQuoteBook(ledger: Ledger, clock: Clock) {
  const issued = new Map<string, IssuedQuote>()
  const prepared = new Map<string, string>()

  const publish = (quote: Omit<IssuedQuote, 'id' | 'body' | 'expiresAt'>, accounts: Json, extra: Json): Json => {
    const id = `0x${hex(32)}`
    // A whole second, so that the sandbox refuses the quote at the very time that it says.
    const expiresAt = Math.floor((clock.now() + LIFETIME) / 1_000) * 1_000
    const { payments, receipt } = quote
    const spent = payments.reduce((sum, { token, amount }) => sum + toMicroUsd(amount, token), 0n)
    const [first] = payments
    const body: Json = {
      id,
      ...accounts,
      ...extra,
      ...(first && {
        originToken: {
          aggregatedAssetId: first.token.aggregatedAssetId,
          amount: String(payments.reduce((sum, { amount }) => sum + amount, 0n)),
          assetType: payments.map(({ token }) => token.assetType),
          fiatValue: payments.map(({ token, amount }) => ({
            assetType: token.assetType,
            fiatValue: formatUsd(toMicroUsd(amount, token)),
          })),
        },
      }),
      ...(receipt && {
        destinationToken: {
          aggregatedAssetId: receipt.token.aggregatedAssetId,
          amount: String(receipt.amount),
          assetType: receipt.token.assetType,
          fiatValue: formatUsd(toMicroUsd(receipt.amount, receipt.token)),
        },
      }),
      expirationTimestamp: String(expiresAt / 1_000),
      fees: { assets: {}, cumulativeUSD: formatUsd(spent / FEE_DIVISOR) },
      tamperProofSignature: `0x${hex(65)}`,
    }
    issued.set(id, { ...quote, id, body: structuredClone(body), expiresAt })
    return body
  }

  return {
    issued,
    /** A swap or a transfer. @throws {Problem} 400 */
    create(input: Json): Json {
      const from = input['from'] as Json & { asset: Json }
      const to = input['to'] as Json & { asset: Json }
      const accounts = readAccounts(from)
      const payments = choosePayments(ledger, accounts, String(from.asset['assetId']), toAmount(from['amount']))
      const user = accounts[0]?.accountAddress ?? ''
      const recipient = typeof to['account'] === 'string' ? to['account'] : ''
      const address = recipient.split(':').pop() || user
      const chain = recipient.split(':').slice(0, 2).join(':')
      const targets = findTokens(String(to.asset['assetId']))
      const target =
        targets.find((token) => token.chain === chain) ??
        targets.find((token) => token.chain.startsWith('solana:') !== address.startsWith('0x'))
      if (!target) throw invalid('no suitable destination asset types found')
      const micro = payments.reduce((sum, { token, amount }) => sum + toMicroUsd(amount, token), 0n)
      const amount = ((micro - micro / FEE_DIVISOR) * 10n ** BigInt(target.decimals)) / target.microPrice
      return publish(
        {
          payments,
          receipt: { address, token: target, amount },
          type: recipient ? 'TRANSFER' : 'SWAP',
          user,
          recipient: recipient || `${target.chain}:${address}`,
          ending: chooseEnding(input['slippageTolerance'], address),
        },
        accountsOf(from),
        { originChainsOperations: payments.map((payment) => toOperation(payment, accounts)) },
      )
    },
    /** Contract calls, made ready to sign. */
    prepareCall(input: Json): Json {
      const accounts = readAccounts(input)
      const tamperProofSignature = `0x${hex(65)}`
      const [account] = accounts
      const token = findTokens(String((input['tokensRequired'] as Json[])[0]?.['assetType'] ?? 'ob:usdc'))[0]
      if (!token) throw invalid('Must be a valid CAIP-19 asset type')
      const operation = toOperation(
        {
          address: account?.accountAddress ?? '',
          token: { ...token, chain: String(input['targetChain']) },
          amount: 0n,
        },
        accounts,
      )
      const body = {
        ...accountsOf(input),
        chainOperation: operation,
        tamperProofSignature,
        ...('accounts' in input && { callType: 'same_chain_exclude_solver' }),
      }
      prepared.set(
        tamperProofSignature,
        withoutSignatures({ chainOperation: operation, required: input['tokensRequired'] }),
      )
      return body
    },
    /** A quote for prepared and signed calls. @throws {Problem} 400 */
    createCall(input: Json): Json {
      const accounts = readAccounts(input)
      const known = prepared.get(String(input['tamperProofSignature']))
      const required = known ? ((JSON.parse(known) as Json)['required'] as Json[]) : []
      if (!known || withoutSignatures({ chainOperation: input['chainOperation'], required }) !== known) throw tampered()
      if (!hasSignatures({ originChainsOperations: [input['chainOperation'] as Json] }))
        throw invalid('The chain operation is not signed')
      const payments = required.flatMap(({ assetType, amount }) =>
        choosePayments(ledger, accounts, String(assetType), toAmount(amount)),
      )
      const user = accounts[0]?.accountAddress ?? ''
      return publish(
        {
          payments,
          receipt: undefined,
          type: 'CALL',
          user,
          recipient: user,
          ending: chooseEnding(input['slippageTolerance'], user),
        },
        accountsOf(input),
        {
          originChainsOperations: payments.map((payment) => toOperation(payment, accounts)),
          destinationChainOperation: input['chainOperation'],
        },
      )
    },
    /** Checks a signed quote as it comes back. @throws {Problem} 400 */
    verify(body: Json): IssuedQuote {
      const quote = issued.get(String(body['id']))
      if (!quote || withoutSignatures(quote.body) !== withoutSignatures(body)) throw tampered()
      if (quote.expiresAt <= clock.now()) throw new Problem(400, '', 'Quote expired')
      if (!hasSignatures(body)) throw invalid('A signature is missing')
      return quote
    },
  }
}

/** Whoever asks for the least slippage gets a refund; whoever sends to an address that ends in `dead` loses the transfer. */
function chooseEnding(slippage: unknown, address: string): IssuedQuote['ending'] {
  if (slippage === 1) return { status: 'REFUNDED', failReason: 'SLIPPAGE' }
  return /dead$/i.test(address) ? { status: 'FAILED', failReason: 'TRANSFER_FAILED' } : undefined
}

function choosePayments(ledger: Ledger, accounts: readonly Account[], assetId: string, amount: bigint): Payment[] {
  const payments: Payment[] = []
  let left = amount
  for (const token of findTokens(assetId)) {
    for (const { accountAddress: address } of accounts) {
      const held = ledger.balance(address, token)
      if (held <= 0n || left <= 0n) continue
      let part = held
      if (part > left) part = left
      payments.push({ address, token, amount: part })
      left -= part
    }
  }
  if (left > 0n) throw invalid('insufficient balance')
  return payments
}

function toOperation({ address, token, amount }: Payment, accounts: readonly Account[]): Json {
  const { assetType, chain } = token
  const account = accounts.find((one) => one.accountAddress === address)
  if (chain.startsWith('solana:')) {
    return {
      type: 'solana',
      instructions: [],
      recentBlockHash: '4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM',
      feePayer: address,
      dataToSign: Buffer.from(`sandbox ${assetType} ${amount} ${hex(8)}`).toString('base64'),
      signature: '',
      assetType,
      amount: String(amount),
    }
  }
  const userOp = {
    sender: address,
    nonce: String(BigInt(`0x${hex(8)}`)),
    callData: `0x${hex(36)}`,
    callGasLimit: '210000',
    verificationGasLimit: '150000',
    preVerificationGas: '60000',
    maxFeePerGas: '1200000000',
    maxPriorityFeePerGas: '100000000',
    paymaster: '0x0000000000000000000000000000000000000000',
    paymasterData: '0x',
    signature: '0x',
  }
  return {
    userOp,
    typedDataToSign: {
      domain: {
        name: 'OneBalance sandbox',
        version: '1',
        chainId: Number(chain.split(':')[1]),
        verifyingContract: address,
      },
      types: { Approve: [{ name: 'callDataAndNonceHash', type: 'bytes32' }] },
      primaryType: 'Approve',
      message: { callDataAndNonceHash: `0x${hex(32)}` },
    },
    assetType,
    amount: String(amount),
    ...(account?.type === 'kernel-v3.3-ecdsa' && {
      delegation: { contractAddress: '0xd6CEDDe84be40893d153Be9d467CD6aD37875b28', nonce: 0, signature: '0x' },
    }),
  }
}

function readAccounts(of: Json): Account[] {
  return ((of['accounts'] as Account[] | undefined) ?? [of['account'] as Account]).map((account) =>
    account.accountAddress
      ? account
      : { ...account, accountAddress: String(account['signerAddress'] ?? account['sessionAddress'] ?? '') },
  )
}

function accountsOf(of: Json): Json {
  return 'accounts' in of ? { accounts: of['accounts'] } : { account: of['account'] }
}

function toAmount(value: unknown): bigint {
  const amount = /^\d+$/.test(String(value)) ? BigInt(String(value)) : 0n
  if (amount <= 0n) throw invalid('Validation error: amount must be positive')
  return amount
}

function tampered(): Problem {
  return new Problem(400, '', 'Incorrect tamper proof signature')
}

/** The exact text of a quote but for its signature slots: key order and every value count. */
function withoutSignatures(quote: Json): string {
  const strip = (operation: unknown): unknown => {
    if (typeof operation !== 'object' || operation === null) return operation
    const { userOp, delegation, ...rest } = operation as { userOp?: Json; delegation?: Json }
    const bare = (part: Json | undefined) => part && Object.entries(part).filter(([name]) => name !== 'signature')
    return [Object.keys(operation).filter((name) => name !== 'signature'), bare(rest), bare(userOp), bare(delegation)]
  }
  const { originChainsOperations, destinationChainOperation, chainOperation } = quote as { [name: string]: unknown }
  return JSON.stringify({
    ...quote,
    ...(Array.isArray(originChainsOperations) && { originChainsOperations: originChainsOperations.map(strip) }),
    ...(destinationChainOperation !== undefined && { destinationChainOperation: strip(destinationChainOperation) }),
    ...(chainOperation !== undefined && { chainOperation: strip(chainOperation) }),
  })
}

/** Whether every slot that has to be signed is. The sandbox does not verify signatures. */
function hasSignatures(quote: Json): boolean {
  const isSigned = (value: unknown): boolean =>
    (typeof value === 'string' && value.length > 2) || (typeof value === 'object' && value !== null)
  return (quote['originChainsOperations'] as Json[]).every((operation) => {
    if (operation['type'] === 'solana') return isSigned(operation['signature'])
    const delegation = operation['delegation'] as Json | undefined
    return isSigned((operation['userOp'] as Json)['signature']) && (!delegation || isSigned(delegation['signature']))
  })
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
