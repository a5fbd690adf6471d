import * as v from 'valibot'
import { caip2, isCaip19 } from '../caip.ts'
import { account, accountsInput, evmAccountInput, oneToTen } from './account.ts'
import { aggregatedAssetId, amount, assetId, evmAddress, filledText } from './checked-text.ts'
import { evmOperation } from './operation.ts'
import { checkedText, openString, text } from './primitives.ts'
import { slippageTolerance } from './quote.ts'

/** First four bytes of the call data of `approve(address,uint256)` (ERC-20). */
const APPROVE_SELECTOR = '0x095ea7b3'

const specificAsset = checkedText(
  isCaip19,
  'must be a CAIP-19 asset id such as eip155:8453/erc20:0x…; an ob: id goes into fromAggregatedAssetId of the call quote',
)

const contractCall = v.object({
  /** The contract. */
  to: evmAddress,
  /** Call data, 0x and hexadecimal digits. */
  data: v.optional(
    v.pipe(
      checkedText(
        (data) => /^0x(?:[0-9a-fA-F]{2})*$/.test(data),
        'must be call data: 0x and hexadecimal digits, two for each byte',
      ),
      v.check(
        (data) => !data.toLowerCase().startsWith(APPROVE_SELECTOR),
        'must not be an approve(): name token, amount and spender in allowanceRequirements',
      ),
    ),
  ),
  /** Native currency to send along: wei as digits, or 0x and hexadecimal digits. */
  value: v.optional(
    checkedText(
      (value) => /^(?:\d+|0x[0-9a-fA-F]+)$/.test(value),
      'must be wei as a string of digits, or 0x and hexadecimal digits',
    ),
  ),
})

const callEntries = {
  /** The chain to call on, CAIP-2: `eip155:8453`. */
  targetChain: caip2,
  /** The calls, in order. */
  calls: v.pipe(
    v.array(contractCall),
    v.check((calls) => calls.length > 0, 'needs at least one call'),
  ),
  /** What the account must hold on the target chain for the calls: the API brings it there. */
  tokensRequired: v.array(
    v.object({
      /** CAIP-19 id; never an `ob:` id. */
      assetType: specificAsset,
      /** Base units, as a string of digits. */
      amount,
    }),
  ),
  /** Allowances that the calls need; the API sets them, so that no `approve()` goes into `calls`. */
  allowanceRequirements: v.optional(
    v.array(
      v.object({
        /** CAIP-19 id of the token; never an `ob:` id. */
        assetType: specificAsset,
        /** Base units, as a string of digits. */
        amount,
        /** Who may spend it: the contract that is called, mostly. */
        spender: evmAddress,
      }),
    ),
  ),
  /** State to assume in the simulation. */
  overrides: v.optional(
    v.array(
      v.looseObject({
        address: evmAddress,
        balance: v.optional(text),
        code: v.optional(text),
        stateDiff: v.optional(v.unknown()),
      }),
    ),
  ),
  /** Block time from which it is valid; "0" for at once. */
  validAfter: v.optional(text),
  /** Block time until which it is valid. */
  validUntil: v.optional(text),
}

/** Contract calls to prepare. Source: Quotes, "Prepare call quote (v3)". */
export const prepareCallInput = v.object({
  /** Whose call it is, and who pays. */
  accounts: accountsInput,
  ...callEntries,
  /** What pays for `tokensRequired`: `ob:usdc`, or a CAIP-19 id. */
  fromAssetId: v.optional(assetId),
  /** Basis points, 1 to 10 000: 50 is 0.5 %. */
  slippageTolerance: v.optional(slippageTolerance),
})

/** Contract calls to prepare. */
export interface PrepareCallInput extends v.InferInput<typeof prepareCallInput> {}

/** Contract calls to prepare, on EVM chains. Source: Quotes, "Prepare call quote" (v1). */
export const prepareCallInputV1 = v.object({
  /** Whose call it is, and who pays. */
  account: evmAccountInput,
  ...callEntries,
})

/** Contract calls to prepare, on EVM chains. */
export interface PrepareCallInputV1 extends v.InferInput<typeof prepareCallInputV1> {}

const preparedEntries = {
  /** What you sign: `signQuote` takes the whole answer. */
  chainOperation: evmOperation,
  /** The API's seal. */
  tamperProofSignature: text,
}

/** A call that is ready to sign, then to quote with `createCall`. Source: Quotes, "Prepare call quote (v3)". */
export const preparedCall = v.looseObject({
  accounts: v.array(account),
  ...preparedEntries,
  /** How the call will be carried out. */
  callType: v.nullish(
    openString<
      | 'same_chain_exclude_solver'
      | 'cross_chain_with_solver'
      | 'same_chain_with_solver'
      | 'cross_chain_with_solver_and_swaps'
    >(),
  ),
  sourceAssetBalances: v.optional(v.unknown()),
  /** Present while the account's code is not yet set on the target chain (EIP-7702). */
  delegation: v.nullish(v.looseObject({})),
})

/** A call that is ready to sign, then to quote with `createCall`. */
export interface PreparedCall extends v.InferOutput<typeof preparedCall> {}

/** A call that is ready to sign. Source: Quotes, "Prepare call quote" (v1). */
export const preparedCallV1 = v.looseObject({ account, ...preparedEntries })

/** A call that is ready to sign, then to quote with `createCall`. */
export interface PreparedCallV1 extends v.InferOutput<typeof preparedCallV1> {}

const callQuoteInputEntries = {
  /** As `prepareCall` gave it, signed. */
  chainOperation: v.looseObject({}) as unknown as v.GenericSchema<PreparedCall['chainOperation']>,
  /** As `prepareCall` gave it. */
  tamperProofSignature: filledText,
  /** What pays for the call: `ob:usdc`. */
  fromAggregatedAssetId: v.optional(aggregatedAssetId),
  /** Basis points, 1 to 10 000: 50 is 0.5 %. */
  slippageTolerance: v.optional(slippageTolerance),
}

/** A signed call to quote: these fields only, not the others of the prepared call. Source: Quotes, "Get call quote (v3)". */
export const callQuoteInput = v.object({
  /** As `prepareCall` gave them. */
  accounts: oneToTen(account),
  ...callQuoteInputEntries,
  /** What pays for the call: `ob:usdc`, or a CAIP-19 id. */
  fromAssetId: v.optional(assetId),
})

/** A signed call to quote: these fields only, not the others of the prepared call. */
export interface CallQuoteInput extends v.InferInput<typeof callQuoteInput> {}

/** A signed call to quote. Source: Quotes, "Get call quote" (v1). */
export const callQuoteInputV1 = v.object({
  /** As `prepareCall` gave it. */
  account,
  ...callQuoteInputEntries,
})

/** A signed call to quote. */
export interface CallQuoteInputV1 extends v.InferInput<typeof callQuoteInputV1> {}
