import type { JSX } from 'preact'
import { Icon } from '../icons.tsx'
import { StepTitle } from './step-title.tsx'
import type { SwapState } from './use-swap.ts'

/** The life of a swap in the words of this page, in order. */
const STAGES = [
  { status: undefined, label: 'Sent', note: 'Signed, and on its way to the service' },
  { status: 'PENDING', label: 'Taken', note: 'The service has it' },
  { status: 'IN_PROGRESS', label: 'In progress', note: 'Moving between chains' },
  { status: 'EXECUTED', label: 'Arrived', note: 'You have it; the paying side settles' },
  { status: 'COMPLETED', label: 'Settled', note: 'Done on both sides' },
]

/** A swap that is under way, with its status as it comes in. */
export function Progress(props: {
  readonly state: Extract<SwapState, { step: 'running' }>
  readonly onLeave: () => void
}): JSX.Element {
  const { order, status, isResumed } = props.state
  const reached = STAGES.findIndex((stage) => stage.status === status)
  return (
    <>
      <StepTitle>Swapping</StepTitle>
      <p class="route">
        {order.pay} <span class="quiet">to</span> {order.get}
      </p>
      <ol class="stages">
        {STAGES.map(({ status: stage, label, note }, index) => (
          <li
            key={label}
            data-state={index < reached ? 'past' : index === reached ? 'now' : 'next'}
            aria-current={index === reached ? 'step' : undefined}
            data-status={stage}
          >
            <span class="stage-mark">{index < reached && <Icon name="check" />}</span>
            <span>
              <strong>{label}</strong>
              <span class="quiet">{note}</span>
            </span>
          </li>
        ))}
      </ol>
      <p role="status" class="remark">
        {sayStatus(status, isResumed)}
      </p>
      {(status !== undefined || isResumed) && (
        <div class="actions">
          <button type="button" class="button" onClick={props.onLeave}>
            Stop watching
          </button>
        </div>
      )}
    </>
  )
}

function sayStatus(status: string | undefined, isResumed: boolean): string {
  if (status === undefined)
    return isResumed
      ? 'Asking the service what became of it. It is not sent again.'
      : 'Waiting for the first word from the service. It is sent once, whatever happens.'
  const stage = STAGES.find((one) => one.status === status)
  const said = stage ? `${stage.label}: ${stage.note.toLowerCase()}.` : `Status: ${status}.`
  return `${said} It goes on if you leave this page.`
}
