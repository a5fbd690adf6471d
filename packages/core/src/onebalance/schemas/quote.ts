import * as v from 'valibot'
import { caip10 } from '../caip.ts'
import { account, accountsInput, evmAccountInput } from './account.ts'
import { amount, assetId, filledText } from './checked-text.ts'
import { destinationToken, operation, originToken } from './operation.ts'
import { amountText, noList, text } from './primitives.ts'

const SLIPPAGE = 'is in basis points: a whole number from 1 to 10000, where 50 is 0.5 %'

/** How much worse than quoted the price may become, in basis points (1 to 10 000; 50 is 0.5 %). Source: Guides, "Slippage". */
export const slippageTolerance = v.pipe(
  v.number(SLIPPAGE),
  v.check((points) => Number.isInteger(points) && points >= 1 && points <= 10_000, SLIPPAGE),
)

const spendEntries = {
  asset: v.object({
    /** `ob:usdc` to spend it from any chain, or the CAIP-19 id of one token. */
    assetId,
  }),
  /** Base units of that asset, as a string of digits: see `parseAmount`. */
  amount,
}

const quoteInputEntries = {
  to: v.object({
    asset: v.object({
      /** `ob:usdc`, or the CAIP-19 id of one token to receive it on that chain. */
      assetId,
    }),
    /** Who receives it: a CAIP-10 id, `eip155:137:0x…`. @default the paying account, which makes it a swap */
    account: v.optional(caip10),
    /** Base units to receive. Seen only in the vendor's demo: leave it out unless you know that your key supports it. */
    amount: v.optional(amount),
  }),
  /** Basis points, 1 to 10 000: 50 is 0.5 %. @default the API's own choice */
  slippageTolerance: v.optional(slippageTolerance),
}

/** What to spend, and what to receive. Source: Quotes, "Get quote (v3)". */
export const quoteInput = v.object({
  from: v.object({
    /** Who pays: an EVM account, a Solana account, or one of each. */
    accounts: accountsInput,
    ...spendEntries,
  }),
  ...quoteInputEntries,
})

/** What to spend, and what to receive. */
export interface QuoteInput extends v.InferInput<typeof quoteInput> {}

/** What to spend, and what to receive, on EVM chains. Source: Quotes, "Get quote" (v1). */
export const quoteInputV1 = v.object({
  from: v.object({
    /** Who pays. */
    account: evmAccountInput,
    ...spendEntries,
  }),
  ...quoteInputEntries,
})

/** What to spend, and what to receive, on EVM chains. */
export interface QuoteInputV1 extends v.InferInput<typeof quoteInputV1> {}

const quoteEntries = {
  /** 32 bytes in hexadecimal; the only handle on what becomes of it: see `executions.wait`. */
  id: filledText,
  /** What you sign, one for each chain that is spent from: see `signQuote`. */
  originChainsOperations: v.array(operation),
  /** What runs where the assets arrive, if that needs a signature. */
  destinationChainOperation: v.nullish(operation),
  originToken: v.nullish(originToken),
  destinationToken: v.nullish(destinationToken),
  /** Block time from which it is valid; "0" for at once. */
  validAfter: v.nullish(text),
  /** Block time until which it is valid. */
  validUntil: v.nullish(text),
  /** When the quote expires: Unix seconds, as a string. */
  expirationTimestamp: text,
  /** The API's seal over the whole quote: any change but a signature breaks it. */
  tamperProofSignature: text,
}

const slippageSide = v.looseObject({
  percent: v.nullish(v.union([text, v.number()], 'must be a number as a string')),
  usd: v.nullish(v.union([text, v.number()], 'must be US dollars as a string')),
  value: v.nullish(v.union([text, v.number()], 'must be an amount as a string')),
})

const quoteEntriesV3 = {
  ...quoteEntries,
  /** What the price may lose on the way. */
  slippage: v.nullish(v.looseObject({ origin: v.nullish(slippageSide), destination: v.nullish(slippageSide) })),
  /** What it costs. */
  fees: v.nullish(
    v.looseObject({
      /** Base units by asset id, decimal strings. */
      assets: v.nullish(v.record(v.string(), amountText)),
      /** US dollars, as a string. */
      cumulativeUSD: v.nullish(v.union([text, v.number()], 'must be US dollars as a string')),
    }),
  ),
}

/** An offer to sign and to execute before it expires. Source: Quotes, "Get quote (v3)". */
export const quote = v.looseObject({
  ...quoteEntriesV3,
  /** Who pays, as given. */
  accounts: v.array(account),
})

/** An offer to sign and to execute before it expires. Send it back as it came: only signatures may change. */
export interface Quote extends v.InferOutput<typeof quote> {}

/** An offer for a contract call. Its account comes as `accounts`; some answers had `account`. Source: Quotes, "Get call quote (v3)". */
export const callQuote = v.looseObject({
  ...quoteEntriesV3,
  /** Who pays, as given. */
  accounts: v.optional(v.array(account)),
  /** In place of `accounts` in answers of 2025. */
  account: v.optional(account),
})

/** An offer for a contract call, to sign and to execute before it expires. */
export interface CallQuote extends v.InferOutput<typeof callQuote> {}

/** An offer on EVM chains. Source: Quotes, "Get quote" (v1). */
export const quoteV1 = v.looseObject({
  ...quoteEntries,
  /** Who pays, as given. */
  account,
})

/** An offer on EVM chains, to sign and to execute before it expires. Send it back as it came: only signatures may change. */
export interface QuoteV1 extends v.InferOutput<typeof quoteV1> {}

/**
 * A signed quote on its way back. Nothing is checked beyond its id: it must arrive as the API made it, fields that this version
 * does not know included, and the API checks its seal.
 */
export const signedQuote = v.looseObject({ id: filledText })

/** Answer to an execution. Source: the vendor's example code; the documentation shows none. */
export const executionResponse = noList(
  v.looseObject({
    success: v.optional(v.boolean('must be true or false')),
    guarantees: v.optional(v.unknown()),
    /** Set when it was refused or failed. */
    error: v.optional(v.unknown()),
  }),
)

/** Answer to an execution: it was taken; `executions.wait` tells how it ends. */
export interface ExecutionResponse extends v.InferOutput<typeof executionResponse> {}
