import * as v from 'valibot'
import { openString, text } from './primitives.ts'

/** A chain that the API can use. Source: Chains, "List of supported chains". */
export const supportedChain = v.looseObject({
  chain: v.looseObject({
    /** CAIP-2 id: `eip155:8453`. */
    chain: text,
    /** What kind of chain. */
    namespace: openString<'eip155' | 'solana'>(),
    /** The chain within its namespace: `8453`. */
    reference: text,
  }),
  isTestnet: v.boolean('must be true or false'),
})

/** A chain that the API can use. */
export interface SupportedChain extends v.InferOutput<typeof supportedChain> {}
