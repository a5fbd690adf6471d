import type { Transaction, TransactionPage } from '@ob/browser'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { EVM_ADDRESS } from '../account.ts'
import { ob } from '../client.ts'

/** The history as far as it was looked at. */
export interface History {
  /** `undefined` until the first page is there. */
  readonly transactions: readonly Transaction[] | undefined
  readonly isLoading: boolean
  readonly error: unknown
  readonly hasMore: boolean
  /** Adds the next page. */
  loadMore(): void
  /** Asks for the newest again; older entries stay. */
  reload(): void
}

const PAGE = 10

interface State {
  readonly transactions?: readonly Transaction[]
  readonly continuation?: string | undefined
  readonly isLoading: boolean
  readonly error?: unknown
}

export function useHistory(): History {
  const [state, setState] = useState<State>({ isLoading: true })
  const latest = useRef(state)
  latest.current = state
  const running = useRef<AbortController>(undefined)

  const load = useCallback((continuation: string | undefined) => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    setState(({ error: _, ...before }) => ({ ...before, isLoading: true }))
    ob.transactions
      .list({ user: EVM_ADDRESS, limit: PAGE, ...(continuation && { continuation }) }, { signal: controller.signal })
      .page()
      .then(
        (page) => {
          if (controller.signal.aborted) return
          setState({
            ...(continuation ? append(latest.current, page) : refresh(latest.current, page)),
            isLoading: false,
          })
        },
        (error: unknown) => {
          if (!controller.signal.aborted) setState((before) => ({ ...before, isLoading: false, error }))
        },
      )
  }, [])
  const reload = useCallback(() => load(undefined), [load])
  useEffect(() => {
    reload()
    return () => running.current?.abort()
  }, [reload])

  const { transactions, continuation, isLoading, error } = state
  return {
    transactions,
    isLoading,
    error,
    hasMore: continuation !== undefined,
    loadMore: () => load(continuation),
    reload,
  }
}

type Entries = Pick<State, 'transactions' | 'continuation'>

function append({ transactions = [] }: Entries, page: TransactionPage): Entries {
  return {
    transactions: [...transactions, ...without(page.transactions, transactions)],
    continuation: page.continuation || undefined,
  }
}

/** The newest entries, and behind them the older ones that were loaded before, if the two meet. */
function refresh({ transactions = [], continuation }: Entries, page: TransactionPage): Entries {
  const older = without(transactions, page.transactions)
  const isJoined = older.length < transactions.length && older.length > 0 && transactions.length > PAGE
  return isJoined
    ? { transactions: [...page.transactions, ...older], continuation }
    : { transactions: page.transactions, continuation: page.continuation || undefined }
}

function without(entries: readonly Transaction[], others: readonly Transaction[]): Transaction[] {
  const ids = new Set(others.map(({ quoteId }) => quoteId))
  return entries.filter(({ quoteId }) => quoteId === undefined || !ids.has(quoteId))
}
