import type { GenericSchema } from 'valibot'
import { type CheckContext, endpoint, type Issue } from '../../api.ts'
import {
  type CallQuoteInput,
  type CallQuoteInputV1,
  callQuoteInput,
  callQuoteInputV1,
  type PrepareCallInput,
  type PrepareCallInputV1,
  type PreparedCall,
  type PreparedCallV1,
  prepareCallInput,
  prepareCallInputV1,
  preparedCall,
  preparedCallV1,
} from '../schemas/call.ts'
import {
  type CallQuote,
  callQuote,
  type ExecutionResponse,
  executionResponse,
  type Quote,
  type QuoteInput,
  type QuoteInputV1,
  type QuoteV1,
  quote,
  quoteInput,
  quoteInputV1,
  quoteV1,
  signedQuote,
} from '../schemas/quote.ts'

// Each is marked as pure, so that a bundle which calls one of them holds no other with its schemas.

/** An offer for a swap or a transfer. It moves nothing until it is signed and executed. EVM and Solana. */
export const createQuote = /* @__PURE__ */ endpoint<QuoteInput, Quote>({
  method: 'POST',
  path: '/api/v3/quote',
  summary: 'An offer for a swap or a transfer',
  input: quoteInput,
  output: quote,
  retry: 'idempotent',
})

/** Executes a signed quote: moves value, and so is never sent twice. */
export const executeQuote = /* @__PURE__ */ endpoint<Quote | CallQuote, ExecutionResponse>({
  method: 'POST',
  path: '/api/v3/quote/execute-quote',
  summary: 'Executes a signed quote',
  ...executionOf<Quote | CallQuote>(),
})

/** Contract calls, made ready to sign. */
export const prepareCallQuote = /* @__PURE__ */ endpoint<PrepareCallInput, PreparedCall>({
  method: 'POST',
  path: '/api/v3/quote/prepare-call-quote',
  summary: 'Contract calls, made ready to sign',
  input: prepareCallInput,
  output: preparedCall,
  retry: 'idempotent',
})

/** An offer for signed contract calls. It moves nothing until it is signed and executed. */
export const createCallQuote = /* @__PURE__ */ endpoint<CallQuoteInput, CallQuote>({
  method: 'POST',
  path: '/api/v3/quote/call-quote',
  summary: 'An offer for signed contract calls',
  input: callQuoteInput,
  output: callQuote,
  retry: 'idempotent',
})

/** An offer for a swap or a transfer on EVM chains. Use {@link createQuote} in new code. */
export const createQuoteV1 = /* @__PURE__ */ endpoint<QuoteInputV1, QuoteV1>({
  method: 'POST',
  path: '/api/v1/quote',
  summary: 'An offer for a swap or a transfer on EVM chains',
  input: quoteInputV1,
  output: quoteV1,
  retry: 'idempotent',
})

/** Executes a signed quote of v1: moves value, and so is never sent twice. */
export const executeQuoteV1 = /* @__PURE__ */ endpoint<QuoteV1, ExecutionResponse>({
  method: 'POST',
  path: '/api/quotes/execute-quote',
  summary: 'Executes a signed quote of v1',
  ...executionOf<QuoteV1>(),
})

/** Contract calls on EVM chains, made ready to sign. Use {@link prepareCallQuote} in new code. */
export const prepareCallQuoteV1 = /* @__PURE__ */ endpoint<PrepareCallInputV1, PreparedCallV1>({
  method: 'POST',
  path: '/api/quotes/prepare-call-quote',
  summary: 'Contract calls on EVM chains, made ready to sign',
  input: prepareCallInputV1,
  output: preparedCallV1,
  retry: 'idempotent',
})

/** An offer for signed contract calls on EVM chains. Use {@link createCallQuote} in new code. */
export const createCallQuoteV1 = /* @__PURE__ */ endpoint<CallQuoteInputV1, QuoteV1>({
  method: 'POST',
  path: '/api/quotes/call-quote',
  summary: 'An offer for signed contract calls on EVM chains',
  input: callQuoteInputV1,
  output: quoteV1,
  retry: 'idempotent',
})

/** What both execute endpoints share. */
function executionOf<Q extends { id: string; expirationTimestamp: string }>() {
  return {
    input: signedQuote as unknown as GenericSchema<Q>,
    output: executionResponse as GenericSchema<ExecutionResponse>,
    retry: 'once' as const,
    quoteId: (input: Q) => input.id,
    check: refuseExpired,
    failure: (response: ExecutionResponse) => {
      // Unchecked answers (`validate: false`) come here too.
      const error = (response as ExecutionResponse | null)?.error
      if (!error) return undefined
      return typeof error === 'string' ? error : (JSON.stringify(error) ?? 'unknown')
    },
  }
}

/** An expired quote is refused by the API too, but after a round trip and with an answer that does not say so. */
function refuseExpired(
  { expirationTimestamp }: { expirationTimestamp?: string },
  { now }: CheckContext,
): Issue[] | undefined {
  const expiresAt = Number(expirationTimestamp || Number.NaN) * 1_000
  if (Number.isNaN(expiresAt) || now < expiresAt) return undefined
  const time = new Date(Math.max(0, expiresAt)).toISOString()
  return [{ path: 'expirationTimestamp', message: `the quote expired at ${time}: create a new one` }]
}
