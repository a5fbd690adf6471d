import * as v from 'valibot'
import { amountText, openString, text } from './primitives.ts'

const delegation = v.looseObject({
  /** The code that the account is to run (EIP-7702). */
  contractAddress: text,
  /** Nonce of the externally owned account. */
  nonce: v.union([v.number(), text], 'must be a number, or a string of digits'),
  /** Signature slot: the signed authorization, 0x and hexadecimal digits, or its parts as an object. */
  signature: v.nullish(v.union([text, v.looseObject({})], 'must be a signed authorization')),
})

/** A permission to run code on an externally owned account (EIP-7702). */
export interface Delegation extends v.InferOutput<typeof delegation> {}

const userOp = v.looseObject({
  /** The smart account. */
  sender: v.optional(text),
  /** Decimal string; so are the gas fields. */
  nonce: v.optional(amountText),
  callData: v.optional(text),
  callGasLimit: v.optional(amountText),
  verificationGasLimit: v.optional(amountText),
  preVerificationGas: v.optional(amountText),
  /** Wei, decimal string. */
  maxFeePerGas: v.optional(amountText),
  /** Wei, decimal string. */
  maxPriorityFeePerGas: v.optional(amountText),
  factory: v.nullish(text),
  factoryData: v.nullish(text),
  paymaster: v.nullish(text),
  paymasterData: v.nullish(text),
  paymasterVerificationGasLimit: v.nullish(amountText),
  paymasterPostOpGasLimit: v.nullish(amountText),
  /** Signature slot: 0x and hexadecimal digits. */
  signature: v.nullish(text),
})

/** An ERC-4337 v0.7 user operation; every number is a decimal string. */
export interface UserOperation extends v.InferOutput<typeof userOp> {}

const typedData = v.looseObject({
  domain: v.looseObject({}),
  types: v.looseObject({}),
  primaryType: text,
  message: v.looseObject({}),
})

/** EIP-712 data to sign. */
export interface TypedData extends v.InferOutput<typeof typedData> {}

/** What runs on one EVM chain. Source: Quotes, "Get quote". */
export const evmOperation = v.looseObject({
  userOp,
  typedDataToSign: typedData,
  /** CAIP-19 id of the token that is spent. */
  assetType: v.optional(text),
  /** Base units, decimal string. */
  amount: v.optional(amountText),
  /** Present while the account's code is not yet set on this chain (EIP-7702). */
  delegation: v.nullish(delegation),
})

/** What runs on one EVM chain. */
export interface EvmOperation extends v.InferOutput<typeof evmOperation> {}

const instruction = v.looseObject({
  keys: v.array(v.looseObject({ pubkey: text, isSigner: v.boolean(), isWritable: v.boolean() })),
  programId: text,
  data: text,
})

/** What runs on Solana. Source: Quotes, "Execute quote (v3)". */
export const solanaOperation = v.looseObject({
  type: v.literal('solana'),
  instructions: v.optional(v.array(instruction)),
  recentBlockHash: v.optional(text),
  /** Public key, base58. */
  feePayer: v.optional(text),
  /** The message to sign, base64. */
  dataToSign: text,
  /** Signature slot: base58. */
  signature: v.nullish(text),
  addressLookupTableAddresses: v.optional(v.array(text)),
  /** CAIP-19 id of the token that is spent. */
  assetType: v.optional(text),
  /** Base units, decimal string. */
  amount: v.optional(amountText),
})

/** What runs on Solana. */
export interface SolanaOperation extends v.InferOutput<typeof solanaOperation> {}

/** What runs on one chain. */
export const operation = v.lazy((value) =>
  (value as { type?: unknown } | null | undefined)?.type === 'solana' ? solanaOperation : evmOperation,
) as v.GenericSchema<EvmOperation | SolanaOperation>

const fiat = v.union(
  [text, v.number(), v.array(v.looseObject({ assetType: text, fiatValue: text }))],
  'must be US dollars as a string, or a list by token',
)

/** What is spent. Source: Quotes, "Execute quote"; Status, "Get transaction history". */
export const originToken = v.looseObject({
  /** `ob:usdc`. */
  aggregatedAssetId: v.nullish(text),
  /** Base units, decimal string. */
  amount: amountText,
  /** CAIP-19 id of the token, or the ids of all tokens that are spent. */
  assetType: v.optional(v.union([text, v.array(text)], 'must be a CAIP-19 id or a list of them')),
  /** US dollars as a string, or by token. */
  fiatValue: v.nullish(fiat),
})

/** What is received. Source: Quotes, "Execute quote"; Status, "Get transaction history". */
export const destinationToken = v.looseObject({
  /** `ob:usdc`. */
  aggregatedAssetId: v.nullish(text),
  /** Base units, decimal string. */
  amount: amountText,
  /** CAIP-19 id of the token. */
  assetType: v.optional(v.union([text, v.array(text)], 'must be a CAIP-19 id or a list of them')),
  /** US dollars, as a string. */
  fiatValue: v.nullish(fiat),
  /** The least that arrives with the slippage that was allowed: base units, decimal string. */
  minimumAmount: v.nullish(amountText),
  /** US dollars, as a string. */
  minimumFiatValue: v.nullish(v.union([text, v.number()], 'must be US dollars as a string')),
  /** CAIP-10 id of who receives it, where that is somebody else. */
  recipientAccount: v.nullish(text),
})

/** What a history entry or quote is about. */
export const transactionType = openString<'SWAP' | 'TRANSFER' | 'CALL'>()
