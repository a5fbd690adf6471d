import * as v from 'valibot'
import { evmAddress, filledText } from './checked-text.ts'
import { openString, text } from './primitives.ts'

const signerEntries = {
  /** The address whose key signs: an externally owned account. */
  signerAddress: evmAddress,
}

const roleEntries = {
  type: v.optional(v.literal('role-based')),
  /** The address whose key signs operations. */
  sessionAddress: evmAddress,
  /** The address that administers the account; must differ from `sessionAddress`. */
  adminAddress: evmAddress,
}

const ADMIN_IS_SESSION = 'must differ from sessionAddress: the admin is the way back when the session key is lost'

function hasOwnAdmin(account: { adminAddress: string; sessionAddress: string }): boolean {
  return account.adminAddress.toLowerCase() !== account.sessionAddress.toLowerCase()
}

const roleBasedSigners = v.pipe(
  v.object(roleEntries),
  v.forward(
    v.check((account) => hasOwnAdmin(account), ADMIN_IS_SESSION),
    ['adminAddress'],
  ),
)

/** Who will sign for an account: `{ sessionAddress, adminAddress }`, or `{ type, signerAddress }`. Source: Account, "Predict address". */
export const predictAddressInput = v.variant(
  'type',
  [
    v.object({ type: v.literal('kernel-v3.1-ecdsa'), ...signerEntries }),
    v.object({ type: v.literal('kernel-v3.3-ecdsa'), ...signerEntries }),
    roleBasedSigners,
  ],
  'must be kernel-v3.1-ecdsa or kernel-v3.3-ecdsa (with signerAddress), or role-based (with sessionAddress and adminAddress)',
)

/** Who will sign for an account. */
export type PredictAddressInput = v.InferInput<typeof predictAddressInput>

/** Source: Account, "Predict address". */
export const predictedAddress = v.looseObject({
  /** Where the account is, or will be once it is deployed: EVM address, the same on each chain. */
  predictedAddress: filledText,
})

/** Where an account is, or will be. */
export interface PredictedAddress extends v.InferOutput<typeof predictedAddress> {}

const roleBasedAccount = v.pipe(
  v.object({
    ...roleEntries,
    /** The smart account: `predictAddress` gives it. */
    accountAddress: evmAddress,
  }),
  v.forward(
    v.check((account) => hasOwnAdmin(account), ADMIN_IS_SESSION),
    ['adminAddress'],
  ),
)

const basicAccount = v.object({
  type: v.literal('kernel-v3.1-ecdsa'),
  ...signerEntries,
  /** The smart account: `predictAddress` gives it. */
  accountAddress: evmAddress,
  deploymentType: v.optional(openString<'ERC4337'>()),
})

const delegatedAccount = v.object({
  type: v.literal('kernel-v3.3-ecdsa'),
  ...signerEntries,
  /** The same as `signerAddress`: with EIP-7702 the externally owned account is itself the smart account. */
  accountAddress: evmAddress,
  deploymentType: openString<'EIP7702'>(),
})

const solanaAccount = v.object({
  type: v.literal('solana'),
  /** Public key, base58. */
  accountAddress: filledText,
})

/** An account that pays, on EVM chains. Source: Concepts, "Accounts". */
export const evmAccountInput = v.variant(
  'type',
  [basicAccount, delegatedAccount, roleBasedAccount],
  'must be role-based, kernel-v3.1-ecdsa or kernel-v3.3-ecdsa',
)

/** An account that pays, on EVM chains. */
export type EvmAccountInput = v.InferInput<typeof evmAccountInput>

/** An account that pays. Source: Concepts, "Accounts". */
export const accountInput = v.variant(
  'type',
  [basicAccount, delegatedAccount, solanaAccount, roleBasedAccount],
  'must be role-based, kernel-v3.1-ecdsa, kernel-v3.3-ecdsa or solana',
)

/** An account that pays. */
export type AccountInput = v.InferInput<typeof accountInput>

/** The accounts that pay: 1 to 10, each type once, one kind of EVM account and Solana at most. Source: Quotes, "Get quote (v3)". */
export const accountsInput = v.pipe(
  oneToTen(accountInput),
  v.check((accounts) => new Set(accounts.map(typeOf)).size === accounts.length, 'takes each type of account once'),
  v.check(
    (accounts) => new Set(accounts.map(typeOf).filter((type) => type !== 'solana')).size <= 1,
    'takes one kind of EVM account, and a Solana account beside it: make two quotes for two kinds',
  ),
)

/** A list of accounts, as long as the API takes it. */
export function oneToTen<Item extends v.GenericSchema>(item: Item) {
  return v.pipe(
    v.array(item),
    v.check((accounts) => accounts.length > 0, 'needs at least one account'),
    v.check((accounts) => accounts.length <= 10, 'takes at most 10 accounts'),
  )
}

function typeOf(account: AccountInput): string {
  return account.type ?? 'role-based'
}

/** An account in an answer: as it was given. */
export const account = v.looseObject({
  /** Absent means `role-based`. */
  type: v.optional(openString<'role-based' | 'kernel-v3.1-ecdsa' | 'kernel-v3.3-ecdsa' | 'solana'>()),
  /** EVM address, or Solana public key. */
  accountAddress: text,
  /** Of a kernel account. */
  signerAddress: v.optional(text),
  /** Of a role-based account. */
  sessionAddress: v.optional(text),
  /** Of a role-based account. */
  adminAddress: v.optional(text),
  deploymentType: v.optional(openString<'ERC4337' | 'EIP7702'>()),
})

/** An account in an answer. */
export interface Account extends v.InferOutput<typeof account> {}
