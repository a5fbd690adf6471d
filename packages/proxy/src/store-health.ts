import type { LogEntry } from './options.ts'
import { StoreValueError } from './shared-store.ts'
import type { Usage } from './usage.ts'

/** Whether the shared store answers; what changes is logged once, not for every request. */
export interface StoreHealth {
  ok(): void
  failed(error: unknown): void
}

/** Watches the store. */
export function createStoreHealth(log: (entry: LogEntry) => void, usage: Usage): StoreHealth {
  let isLost = false
  return {
    ok() {
      if (isLost) log({ level: 'warn', event: 'store_back', message: 'the shared store answers again' })
      isLost = false
    },
    failed(error) {
      usage.count('store_errors')
      const reason = error instanceof Error ? error.message : String(error)
      // It is one value: the next question has its answer, and "lost" and "back" would alternate.
      if (error instanceof StoreValueError)
        return log({
          level: 'error',
          event: 'unexpected',
          message: `a value in the shared store is not ours: ${reason}`,
        })
      if (isLost) return
      isLost = true
      log({ level: 'error', event: 'store_lost', message: `the shared store does not answer: ${reason}` })
    },
  }
}
