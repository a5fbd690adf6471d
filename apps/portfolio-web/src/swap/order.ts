/** A swap that was sent: enough to ask what became of it, and to say what it was. */
export interface Order {
  readonly quoteId: string
  /** What is paid, for reading: `5 USDC`. */
  readonly pay: string
  /** What is received, for reading: `0.001665 ETH`. */
  readonly get: string
}

const KEY = 'order'

/** Keeps an order before it is sent, so that a reload in the middle of it does not lose it. */
export function keepOrder(order: Order): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(order))
  } catch {
    // Without storage a reload forgets it; the history still has it.
  }
}

/** Forgets the order once its end is known. */
export function dropOrder(): void {
  try {
    sessionStorage.removeItem(KEY)
  } catch {
    // There was nothing to forget.
  }
}

/** The order that was under way when the page was left. */
export function readOrder(): Order | undefined {
  try {
    const order = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Partial<Order> | null
    if (!order) return undefined
    const { quoteId, pay, get } = order
    return typeof quoteId === 'string' && typeof pay === 'string' && typeof get === 'string'
      ? { quoteId, pay, get }
      : undefined
  } catch {
    return undefined
  }
}
