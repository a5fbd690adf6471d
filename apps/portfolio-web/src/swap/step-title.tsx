import type { ComponentChildren, JSX } from 'preact'

/** The heading of a step of the swap. It takes the focus when its step begins. */
export function StepTitle({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <header class="card-head">
      <h2 id="swap-title" data-step-title tabIndex={-1}>
        {children}
      </h2>
    </header>
  )
}
