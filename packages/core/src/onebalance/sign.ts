import { InputError } from '../errors/classes.ts'
import type { ENTRY_POINT_V07 } from './entry-point.ts'
import type { PreparedCall, PreparedCallV1 } from './schemas/call.ts'
import type { TypedData, UserOperation } from './schemas/operation.ts'
import type { CallQuote, Quote, QuoteV1 } from './schemas/quote.ts'
import { findSlots, type SignatureSlot } from './signature-slots.ts'

type Hex = `0x${string}`
type Signature = string | Promise<string>
/** A signed EIP-7702 authorization: text, or its parts. */
type Authorization = string | { readonly [part: string]: unknown }

/** Makes signatures for EVM accounts. Each is needed only if a quote asks for it. */
export interface EvmSigners {
  /** For role-based accounts: an EIP-712 signature by the session key. */
  signTypedData?: ((typedData: TypedData) => Signature) | undefined
  /**
   * For kernel accounts: the ERC-4337 v0.7 hash of `userOp`, whose numbers are decimal strings, signed as a personal message
   * (EIP-191) by the signer's key.
   */
  signUserOperation?:
    | ((request: { userOp: UserOperation; chainId: number; entryPoint: typeof ENTRY_POINT_V07 }) => Signature)
    | undefined
  /**
   * For EIP-7702 accounts whose code is not yet set on a chain: a signed authorization, as one hexadecimal string or as an object
   * with its parts (`r`, `s`, `yParity`, …) in JSON, which is kept as it is. The vendor's example code sends the object.
   */
  signAuthorization?:
    | ((request: { contractAddress: Hex; chainId: number; nonce: number }) => Authorization | Promise<Authorization>)
    | undefined
}

/** Makes signatures for Solana accounts. */
export interface SolanaSigners {
  /** Signs a message given in base64; returns the signature in base58. */
  signMessage?: ((base64: string) => Signature) | undefined
}

/** Makes signatures. Keys stay where they are: only what to sign goes out, and a text comes back. */
export interface Signers {
  evm?: EvmSigners | undefined
  solana?: SolanaSigners | undefined
}

/**
 * Signs a quote, or a prepared call. Returns a copy that differs in signatures only: values, unknown fields and the order of keys
 * stay, since the API refuses a quote in which anything else has changed. Signers are asked one after the other.
 *
 * @example
 * const signed = await signQuote(quote, { evm: { signTypedData: (data) => account.signTypedData(data) } })
 * @throws {InputError} when a signer that the quote needs is missing (before any is asked), or returns what is not a signature
 * @throws whatever a signer throws, such as the user's refusal
 */
export async function signQuote<Q extends Quote | CallQuote | QuoteV1 | PreparedCall | PreparedCallV1>(
  quote: Q,
  signers: Signers,
): Promise<Q> {
  const signed = copy(quote)
  const slots = findSlots(signed)
  const missing = slots.filter(({ signer }) => !findSigner(signers, signer))
  if (missing.length > 0)
    refuse(missing.map(({ signer, operation }) => ({ path: signer, message: `is needed to sign ${operation}` })))
  for (const slot of slots) slot.holder['signature'] = await sign(slot, signers)
  return signed as Q
}

async function sign({ signer, request, path }: SignatureSlot, signers: Signers): Promise<unknown> {
  const signature: unknown = await findSigner(signers, signer)?.(request)
  const isSolana = signer === 'solana.signMessage'
  if (typeof signature === 'string' && (isSolana ? BASE58 : HEX).test(signature)) return signature
  if (signer === 'evm.signAuthorization' && typeof signature === 'object' && signature !== null) return copy(signature)
  return refuse([{ path, message: `${signer} must return ${isSolana ? 'base58 text' : '0x and hexadecimal digits'}` }])
}

const HEX = /^0x(?:[0-9a-fA-F]{2})+$/
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/

function findSigner(signers: Signers, name: SignatureSlot['signer']): ((request: never) => unknown) | undefined {
  const [family, method] = name.split('.') as [keyof Signers, string]
  const group = signers?.[family] as Record<string, unknown> | undefined
  const signer = group?.[method]
  return typeof signer === 'function' ? signer.bind(group) : undefined
}

/** Through JSON, as a quote travels: keeps the order of keys, and a key named `__proto__` as a key. */
function copy(quote: unknown): Record<string, unknown> {
  if (typeof quote !== 'object' || quote === null) refuse([{ path: '', message: 'must be an object' }])
  try {
    return JSON.parse(JSON.stringify(quote))
  } catch {
    return refuse([{ path: '', message: 'cannot be written as JSON: a BigInt or a cycle is not from the API' }])
  }
}

function refuse(issues: readonly { path: string; message: string }[]): never {
  const list = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  throw new InputError({
    message: `signQuote: ${list}`,
    hint: 'Give signQuote the signers named in `issues`, and the quote as the API made it.',
    issues,
  })
}
