import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Portfolio } from '../portfolio.ts'
import { Ended } from './ended.tsx'
import { Entry } from './entry.tsx'
import { Offer } from './offer.tsx'
import { Progress } from './progress.tsx'
import { firstForm, readForm, type SwapForm } from './swap-form.ts'
import { useSwap } from './use-swap.ts'

/** From an amount to an offer to a swap that has settled. One thing at a time, each with its own heading. */
export function SwapPanel(props: {
  readonly portfolio: Portfolio | undefined
  /** `hasMoved`: assets have moved, and not only the status. */
  readonly onProgress: (hasMoved: boolean) => void
}): JSX.Element {
  const { portfolio, onProgress } = props
  const swap = useSwap(onProgress)
  const { state } = swap
  const [form, setForm] = useState<SwapForm>()
  const filled = form ?? (portfolio && firstForm(portfolio))
  const panel = useRef<HTMLElement>(null)
  const isFirst = useRef(true)

  // What had the focus is gone when the step changes, so it goes to the heading of the next one.
  useLayoutEffect(() => {
    if (isFirst.current) isFirst.current = false
    else if (state.step !== 'quoting') panel.current?.querySelector<HTMLElement>('[data-step-title]')?.focus()
  }, [state.step])

  const again = () => {
    const read = filled && portfolio && readForm(filled, portfolio)
    if (read && 'input' in read) swap.quote(read.input)
    else swap.leave()
  }

  return (
    <section class="card swap" aria-labelledby="swap-title" ref={panel} data-step={state.step}>
      {state.step === 'offer' && portfolio && (
        <Offer
          quote={state.quote}
          assets={portfolio.assets}
          onExecute={swap.execute}
          onBack={swap.leave}
          onAgain={again}
        />
      )}
      {state.step === 'running' && <Progress state={state} onLeave={swap.leave} />}
      {(state.step === 'done' || state.step === 'failed') && (
        <Ended
          state={state}
          onCheck={swap.check}
          onLeave={() => {
            if (form) setForm({ ...form, amount: '' })
            swap.leave()
          }}
        />
      )}
      {(state.step === 'form' || state.step === 'quoting') && (
        <Entry
          portfolio={portfolio}
          form={filled}
          isBusy={state.step === 'quoting'}
          error={state.step === 'form' ? state.error : undefined}
          onChange={setForm}
          onQuote={swap.quote}
          onCancel={swap.leave}
        />
      )}
    </section>
  )
}
