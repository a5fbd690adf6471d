import { isOneBalanceError } from '@ob/browser'
import type { JSX } from 'preact'
import { ErrorNotice } from '../errors/error-notice.tsx'
import { TransactionLinks } from '../history/transaction-links.tsx'
import { Icon } from '../icons.tsx'
import type { Order } from './order.ts'
import { StepTitle } from './step-title.tsx'
import type { SwapState } from './use-swap.ts'

/** How a swap ended, or that this is not known. */
export function Ended(props: {
  readonly state: Extract<SwapState, { step: 'done' | 'failed' }>
  readonly onCheck: (order: Order) => void
  readonly onLeave: () => void
}): JSX.Element {
  const { state, onCheck, onLeave } = props
  if (state.step === 'failed') return <Failed state={state} onCheck={onCheck} onLeave={onLeave} />
  const { order, execution } = state
  return (
    <>
      <StepTitle>Swap settled</StepTitle>
      <p class="success" role="status">
        <span class="success-mark">
          <Icon name="check" />
        </span>
        <span>
          You paid <strong>{order.pay}</strong> and received <strong>{order.get}</strong>.
        </span>
      </p>
      <TransactionLinks transaction={execution} />
      <div class="actions">
        <button type="button" class="button button-main" onClick={onLeave}>
          Swap again
        </button>
      </div>
    </>
  )
}

function Failed(props: {
  readonly state: Extract<SwapState, { step: 'failed' }>
  readonly onCheck: (order: Order) => void
  readonly onLeave: () => void
}): JSX.Element {
  const { state, onCheck, onLeave } = props
  const { order, error, isOver } = state
  return (
    <>
      <StepTitle>{isOver ? 'Not swapped' : 'Not known yet'}</StepTitle>
      <p class="route">
        {order.pay} <span class="quiet">to</span> {order.get}
      </p>
      <ErrorNotice
        error={error}
        title={titleOf(error, isOver)}
        onRetry={isOver ? onLeave : () => onCheck(order)}
        retryLabel={isOver ? 'Back to the form' : 'Check the status'}
      >
        {!isOver && (
          <p>
            <strong>Do not send it again.</strong> It may have run, and a second one could pay twice. Checking asks what
            became of it and sends nothing.
          </p>
        )}
      </ErrorNotice>
      {!isOver && (
        <button type="button" class="link-button" onClick={onLeave}>
          Leave it, and look at the history later
        </button>
      )}
    </>
  )
}

function titleOf(error: unknown, isOver: boolean): string | undefined {
  if (!isOneBalanceError(error) || error.code !== 'execution_failed') return isOver ? undefined : TITLE_UNKNOWN
  if (error.status === 'REFUNDED') return 'You got your assets back'
  return isOver ? 'The swap failed' : TITLE_UNKNOWN
}

const TITLE_UNKNOWN = 'We do not know yet if this went through'
