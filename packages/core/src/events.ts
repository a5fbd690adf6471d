import type { Event } from './options.ts'
import type { Plan } from './plan.ts'
import type { Engine } from './resolve-options.ts'

/** What an event holds beside its type, time and place. */
export type EventDetails = {
  readonly [K in 'status' | 'waitMs' | 'reason']?: Event[K] | undefined
}

/** Tells the user's hooks and the adapter what happens in one call. */
export function emitEvent(
  { hooks, adapter, runtime }: Engine,
  plan: Plan,
  attempts: { readonly length: number },
  type: Event['type'],
  details: EventDetails = {},
): void {
  const hook = hooks[type]
  if (!hook && !adapter.onEvent) return
  // While an attempt is under way it is not among the recorded ones.
  const attempt = type === 'request' ? attempts.length + 1 : Math.max(1, attempts.length + (type === 'wait' ? 1 : 0))
  const event = createEvent(type, runtime.now(), attempt, plan, details)
  for (const observer of [hook, adapter.onEvent]) notify(observer, event)
}

/** Makes an event. */
export function createEvent(
  type: Event['type'],
  at: number,
  attempt: number,
  { method, path }: { readonly method: string; readonly path: string },
  { status, waitMs, reason }: EventDetails,
): Event {
  return Object.freeze({
    type,
    at,
    attempt,
    method,
    path,
    ...(status !== undefined && { status }),
    ...(waitMs !== undefined && { waitMs }),
    ...(reason !== undefined && { reason }),
  })
}

/** An observer cannot change a call, so neither can its errors. */
function notify(observer: ((event: Event) => unknown) | undefined, event: Event): void {
  try {
    const result = observer?.(event)
    if (result instanceof Promise) result.catch(() => {})
  } catch {
    // Documented at `Hooks`: ignored.
  }
}
