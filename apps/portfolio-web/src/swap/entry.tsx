import { type AggregatedAsset, formatAmount, type QuoteInput } from '@ob/browser'
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { ErrorNotice } from '../errors/error-notice.tsx'
import { showAmount, showBasisPoints } from '../format.ts'
import { Icon } from '../icons.tsx'
import type { Portfolio } from '../portfolio.ts'
import { StepTitle } from './step-title.tsx'
import { chooseAsset, readForm, type SwapForm } from './swap-form.ts'

/** Basis points. The smallest is so tight that the sandbox refunds it, which shows how that looks. */
const SLIPPAGES = [1, 10, 50, 100]

/** The form: what to pay, and what to receive. */
export function Entry(props: {
  readonly portfolio: Portfolio | undefined
  readonly form: SwapForm | undefined
  readonly isBusy: boolean
  readonly error: unknown
  readonly onChange: (form: SwapForm) => void
  readonly onQuote: (input: QuoteInput) => void
  readonly onCancel: () => void
}): JSX.Element {
  const { portfolio, form, isBusy, error, onChange, onQuote, onCancel } = props
  const [problem, setProblem] = useState<string>()
  const amount = useRef<HTMLInputElement>(null)
  const change = (next: SwapForm) => {
    setProblem(undefined)
    onChange(next)
  }
  if (!portfolio || !form) return <Waiting />

  const submit = () => {
    const read = readForm(form, portfolio)
    if ('input' in read) return onQuote(read.input)
    setProblem(read.problem)
    amount.current?.focus()
  }
  const holding = portfolio.holdings.find(({ asset }) => asset.aggregatedAssetId === form.from)
  return (
    <>
      <StepTitle>Swap</StepTitle>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <div class="side">
          <div class="side-head">
            <label for="amount">You pay</label>
            {holding && (
              <button
                type="button"
                class="link-button"
                onClick={() => change({ ...form, amount: formatAmount(holding.balance, holding.asset.decimals) })}
              >
                Use all {showAmount(holding.balance, holding.asset.decimals, 4)} {holding.asset.symbol}
              </button>
            )}
          </div>
          <div class="side-row">
            <input
              id="amount"
              ref={amount}
              class="amount"
              inputMode="decimal"
              autoComplete="off"
              placeholder="0.00"
              value={form.amount}
              aria-invalid={problem !== undefined}
              aria-describedby={problem === undefined ? undefined : 'amount-problem'}
              onInput={(event) => change({ ...form, amount: event.currentTarget.value })}
            />
            <AssetChoice
              label="Asset to pay"
              assets={portfolio.assets}
              value={form.from}
              onChange={(id) => change(chooseAsset(form, 'from', id))}
            />
          </div>
          {problem !== undefined && (
            <p id="amount-problem" class="problem" role="alert">
              {problem}
            </p>
          )}
        </div>
        <button
          type="button"
          class="flip"
          aria-label="Turn the swap around"
          onClick={() => change(chooseAsset(form, 'from', form.to))}
        >
          <Icon name="swap" />
        </button>
        <div class="side">
          <div class="side-head">
            <span>You receive</span>
          </div>
          <div class="side-row">
            <span class="amount quiet">best offer</span>
            <AssetChoice
              label="Asset to receive"
              assets={portfolio.assets}
              value={form.to}
              onChange={(id) => change(chooseAsset(form, 'to', id))}
            />
          </div>
        </div>
        <label class="slippage">
          <span>The price may get worse by</span>
          <span class="choice">
            <select
              value={String(form.slippage)}
              onChange={(event) => change({ ...form, slippage: Number(event.currentTarget.value) })}
            >
              {SLIPPAGES.map((points) => (
                <option key={points} value={String(points)}>
                  {showBasisPoints(points)}
                </option>
              ))}
            </select>
            <Icon name="chevron" />
          </span>
        </label>
        {error !== undefined && !isBusy && <ErrorNotice error={error} onRetry={submit} />}
        <div class="actions">
          <button type="submit" class="button button-main" disabled={isBusy}>
            {isBusy ? 'Asking for an offer…' : 'Get an offer'}
          </button>
          {isBusy && (
            <button type="button" class="button" onClick={onCancel}>
              Cancel
            </button>
          )}
        </div>
        <p role="status" class="only-heard">
          {isBusy ? 'Asking for an offer' : ''}
        </p>
      </form>
    </>
  )
}

function AssetChoice(props: {
  readonly label: string
  readonly assets: readonly AggregatedAsset[]
  readonly value: string
  readonly onChange: (id: string) => void
}): JSX.Element {
  const { label, assets, value, onChange } = props
  const color = assets.findIndex(({ aggregatedAssetId }) => aggregatedAssetId === value) % 6
  return (
    <span class="choice">
      <span class="dot" data-color={color} aria-hidden="true" />
      <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {assets.map(({ aggregatedAssetId, symbol }) => (
          <option key={aggregatedAssetId} value={aggregatedAssetId}>
            {symbol}
          </option>
        ))}
      </select>
      <Icon name="chevron" />
    </span>
  )
}

/** Until there is something to choose from. What went wrong stands at the holdings. */
function Waiting(): JSX.Element {
  return (
    <>
      <StepTitle>Swap</StepTitle>
      <div aria-hidden="true">
        <span class="bone bone-side" />
        <span class="bone bone-side" />
        <span class="bone bone-row" />
      </div>
    </>
  )
}
