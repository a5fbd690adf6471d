/** The retries that a client may still spend, so that an outage is not answered with a storm. */
export interface Budget {
  /** Takes one retry and gives the share of the budget, in [0, 1), that was spent before; false when there is none left. */
  take(): number | false
  /** A success gives a part of a retry back. */
  refill(): void
}

/**
 * A token bucket: under a total outage, a client sends at most one request a call plus `capacity` retries.
 *
 * @see "Timeouts, retries and backoff with jitter", Amazon Builders' Library
 */
export function createBudget(options: { readonly capacity: number; readonly refill: number }): Budget {
  let tokens = options.capacity
  return {
    take() {
      // Ten times 0.1 is a little less than 1.
      if (tokens < 1 - 1e-9) return false
      const spent = 1 - tokens / options.capacity
      tokens -= 1
      return Number.isNaN(spent) ? 0 : spent
    },
    refill() {
      tokens = Math.min(options.capacity, tokens + options.refill)
    },
  }
}
