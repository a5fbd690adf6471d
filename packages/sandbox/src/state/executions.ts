import type { Clock } from '../clock.ts'
import type { Ledger } from './ledger.ts'
import type { IssuedQuote, Json } from './quotes.ts'

/** From execution, ms: until the status is known, and until each status. */
export const PROGRESS = { known: 400, IN_PROGRESS: 1_200, EXECUTED: 2_400, COMPLETED: 3_600 } as const

interface Execution {
  readonly quote: IssuedQuote
  readonly startedAt: number
  isSettled: boolean
}

/** Executes quotes, and tells how far each is: a function of the clock. */
export function createExecutions(ledger: Ledger, clock: Clock) {
  /** How often each quote was executed: the referee for "never twice". */
  const executed = new Map<string, number>()
  const running = new Map<string, Execution>()

  const statusOf = ({ quote, startedAt }: Execution): string => {
    const elapsed = clock.now() - startedAt
    if (elapsed < PROGRESS.IN_PROGRESS) return 'PENDING'
    if (elapsed < PROGRESS.EXECUTED) return 'IN_PROGRESS'
    if (quote.ending) return elapsed < PROGRESS.COMPLETED ? 'IN_PROGRESS' : quote.ending.status
    return elapsed < PROGRESS.COMPLETED ? 'EXECUTED' : 'COMPLETED'
  }
  const updatedAt = ({ startedAt }: Execution): number =>
    startedAt + Math.max(0, ...Object.values(PROGRESS).filter((after) => after <= clock.now() - startedAt))
  /** Books what has happened by now. */
  const settle = (): void => {
    for (const execution of running.values()) {
      const { quote } = execution
      const status = statusOf(execution)
      if (execution.isSettled || status === 'PENDING' || status === 'IN_PROGRESS') continue
      execution.isSettled = true
      if (status === 'REFUNDED')
        for (const { address, token, amount } of quote.payments) ledger.add(address, token, amount)
      else if (status !== 'FAILED' && quote.receipt)
        ledger.add(quote.receipt.address, quote.receipt.token, quote.receipt.amount)
    }
  }
  const describe = (execution: Execution): Json => {
    const { quote } = execution
    const status = statusOf(execution)
    const hash = (chain: string, index: number): Json => ({
      hash: `0x${quote.id.slice(2, 62)}${String(index).padStart(4, '0')}`,
      chain,
      explorerUrl: `https://explorer.invalid/${chain}/${index}`,
    })
    const isDone = status === 'EXECUTED' || status === 'COMPLETED'
    return {
      quoteId: quote.id,
      status,
      user: quote.user,
      recipientAccountId: quote.recipient,
      originChainOperations:
        status === 'PENDING' ? [] : quote.payments.map(({ token }, index) => hash(token.chain, index)),
      destinationChainOperations: isDone && quote.receipt ? [hash(quote.receipt.token.chain, 9_999)] : [],
      ...(quote.ending?.status === status && { failReason: quote.ending.failReason }),
    }
  }

  return {
    executed,
    settle,
    execute(quote: IssuedQuote): Json {
      const times = (executed.get(quote.id) ?? 0) + 1
      executed.set(quote.id, times)
      if (times > 1) return { success: false, guarantees: null, error: 'Quote was executed already' }
      if (quote.payments.some(({ address, token, amount }) => ledger.balance(address, token) < amount))
        return { success: false, guarantees: null, error: 'insufficient balance' }
      for (const { address, token, amount } of quote.payments) ledger.add(address, token, -amount)
      running.set(quote.id, { quote, startedAt: clock.now(), isSettled: false })
      return { success: true, guarantees: null, error: null }
    },
    /** Empty while the execution is not known yet, as the API answers right after it. */
    status(quoteId: string): Json {
      const execution = running.get(quoteId)
      return execution && clock.now() - execution.startedAt >= PROGRESS.known ? describe(execution) : {}
    },
    /** An account's executions, newest first: by their beginning, or by their last change of status. */
    history(user: string, isByUpdate: boolean): Json[] {
      const address = user.split(':').pop()?.toLowerCase()
      return [...running.values()]
        .filter(({ quote }) => quote.user.toLowerCase() === address)
        .reverse()
        .sort((one, other) => (isByUpdate ? updatedAt(other) - updatedAt(one) : 0))
        .map((execution) => ({
          ...describe(execution),
          type: execution.quote.type,
          originToken: execution.quote.body['originToken'],
          destinationToken: execution.quote.body['destinationToken'],
          timestamp: new Date(execution.startedAt).toISOString(),
        }))
    },
  }
}
