import {
  type Execution,
  type ExecutionStatus,
  isOneBalanceError,
  type Quote,
  type QuoteInput,
  signQuote,
  type WaitOptions,
} from '@ob/browser'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ob } from '../client.ts'
import { demoSigner } from '../demo-signer.ts'
import { dropOrder, keepOrder, type Order, readOrder } from './order.ts'

/** Where a swap is, from the form to its end. */
export type SwapState =
  | { readonly step: 'form'; readonly error?: unknown }
  | { readonly step: 'quoting' }
  | { readonly step: 'offer'; readonly quote: Quote }
  | { readonly step: 'running'; readonly order: Order; readonly status?: ExecutionStatus; readonly isResumed: boolean }
  | { readonly step: 'done'; readonly order: Order; readonly execution: Execution }
  /** `isOver`: it certainly does not go on, so that another one may be made. */
  | { readonly step: 'failed'; readonly order: Order; readonly error: unknown; readonly isOver: boolean }

/** A swap, and what can be done with it. */
export interface Swap {
  readonly state: SwapState
  /** Asks for an offer. */
  quote(input: QuoteInput): void
  /** Signs the offer, sends it once, and follows it to its end. */
  execute(quote: Quote, order: Order): void
  /** Follows an order that was sent before. It is not sent again. */
  check(order: Order): void
  /** Back to the form. An order that was sent goes on without being watched. */
  leave(): void
}

const INTERVAL = { initial: 500, max: 2_000 }

/** @param onProgress called when a swap has moved on, so that the history is out of date; `hasMoved`: the balances are too */
export function useSwap(onProgress: (hasMoved: boolean) => void): Swap {
  const [state, setState] = useState<SwapState>(firstState)
  const running = useRef(new AbortController())
  /** Clicks can be faster than the page: an offer is sent once, however often it is asked for. */
  const sent = useRef(new Set<string>())
  const progress = useRef(onProgress)
  progress.current = onProgress

  /** Begins something that can be left, and ends what was going on. */
  const begin = useCallback((): AbortSignal => {
    running.current.abort()
    running.current = new AbortController()
    return running.current.signal
  }, [])

  const follow = useCallback(
    async (
      order: Order,
      signal: AbortSignal,
      run: (options: WaitOptions) => Promise<Execution>,
      isOver: (error: unknown) => boolean,
    ) => {
      try {
        const execution = await run({
          signal,
          interval: INTERVAL,
          onStatus: (status) => {
            setState((state) => (state.step === 'running' ? { ...state, status } : state))
            progress.current(status === 'PENDING' || status === 'EXECUTED')
          },
        })
        dropOrder()
        setState({ step: 'done', order, execution })
      } catch (error) {
        if (signal.aborted) return
        if (isOver(error)) dropOrder()
        setState({ step: 'failed', order, error, isOver: isOver(error) })
      }
      progress.current(true)
    },
    [],
  )

  const check = useCallback(
    (order: Order) => {
      const signal = begin()
      setState({ step: 'running', order, isResumed: true })
      // An error of the question says nothing about the swap, unless it is the swap's own end.
      follow(order, signal, (options) => ob.executions.wait({ quoteId: order.quoteId }, options), hasEnded)
    },
    [begin, follow],
  )

  useEffect(() => {
    const order = readOrder()
    if (order) check(order)
    return () => running.current.abort()
  }, [check])

  return {
    state,
    check,
    quote(input) {
      const signal = begin()
      setState({ step: 'quoting' })
      ob.quotes.create(input, { signal }).then(
        (quote) => !signal.aborted && setState({ step: 'offer', quote }),
        (error: unknown) => !signal.aborted && setState({ step: 'form', error }),
      )
    },
    async execute(quote, order) {
      if (sent.current.has(quote.id)) return
      sent.current.add(quote.id)
      const signal = begin()
      setState({ step: 'running', order, isResumed: false })
      let signed: Quote
      try {
        signed = await signQuote(quote, demoSigner)
      } catch (error) {
        // Nothing has left yet: a wallet that says no is no swap.
        setState({ step: 'form', error })
        return
      }
      keepOrder(order)
      await follow(order, signal, (options) => ob.quotes.executeAndWait(signed, options), neverRanOrEnded)
    },
    leave() {
      begin()
      dropOrder()
      setState({ step: 'form' })
    },
  }
}

function firstState(): SwapState {
  const order = readOrder()
  return order ? { step: 'running', order, isResumed: true } : { step: 'form' }
}

/** Whether the swap itself ended as refunded or failed. */
function hasEnded(error: unknown): boolean {
  return isOneBalanceError(error) && error.code === 'execution_failed' && error.outcome === 'accepted'
}

/** The same, or it was never taken. Whatever is not known for certain counts as under way. */
function neverRanOrEnded(error: unknown): boolean {
  if (hasEnded(error)) return true
  return isOneBalanceError(error) && (error.outcome === 'not_sent' || error.outcome === 'rejected')
}
