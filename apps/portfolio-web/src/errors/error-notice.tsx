import { isOneBalanceError } from '@ob/browser'
import type { ComponentChildren, JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { Icon } from '../icons.tsx'
import { useCountdown } from '../use-countdown.ts'
import { describeError } from './describe.ts'

/** What {@link ErrorNotice} takes. */
export interface ErrorNoticeProps {
  readonly error: unknown
  /** Does the same again; only where that is safe. */
  readonly onRetry?: (() => void) | undefined
  /** What the button says. @default 'Try again' */
  readonly retryLabel?: string | undefined
  /** In place of the title that goes with the error's code. */
  readonly title?: string | undefined
  /** More advice, and more buttons. */
  readonly children?: ComponentChildren
}

/** An error: what it means, what happened, what to do, and a button for it. */
export function ErrorNotice({ error, onRetry, retryLabel, title, children }: ErrorNoticeProps): JSX.Element {
  const { details, hint, message, retryAt, ...described } = useMemo(() => describeError(error, Date.now()), [error])
  const code = isOneBalanceError(error) ? error.code : 'unexpected'
  const isSessionOver = code === 'unauthorized'
  return (
    <div class="notice" data-code={code}>
      <div role="alert">
        <h3 class="notice-title">
          <Icon name="alert" />
          {title ?? described.title}
        </h3>
        <p class="notice-message">{message}</p>
        {hint && (
          <p>
            <strong>What to do:</strong> {withCode(hint)}
          </p>
        )}
      </div>
      {children}
      <div class="actions">
        {isSessionOver ? (
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        ) : (
          onRetry && <RetryButton retryAt={retryAt} onRetry={onRetry} label={retryLabel ?? 'Try again'} />
        )}
      </div>
      {details.length > 0 && (
        <details class="notice-details">
          <summary>Details for support</summary>
          <dl>
            {details.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  )
}

/** Counts down to the time that the API asked to wait for. The seconds are not read aloud; that they are over is. */
function RetryButton(props: {
  readonly retryAt: number | undefined
  readonly onRetry: () => void
  readonly label: string
}): JSX.Element {
  const { retryAt, onRetry, label } = props
  const seconds = useCountdown(retryAt)
  const isWaiting = seconds !== undefined && seconds > 0
  return (
    <>
      <button type="button" class="button" disabled={isWaiting} onClick={onRetry}>
        <Icon name={isWaiting ? 'clock' : 'refresh'} />
        {isWaiting ? `${label} in ${seconds} s` : label}
      </button>
      <span role="status" class="only-heard">
        {seconds === 0 ? 'You can try again now.' : ''}
      </span>
    </>
  )
}

/** A hint names options and fields between backticks. */
function withCode(text: string): ComponentChildren {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part))
}
