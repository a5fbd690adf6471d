/**
 * The delay before retry `n` (0 for the first), in ms: full jitter, `random() * min(maxDelay, baseDelay * 2^n)`, so that clients which
 * failed together do not come back together.
 *
 * @see "Exponential Backoff And Jitter", AWS Architecture Blog
 */
export function backoffDelay(
  n: number,
  policy: { readonly baseDelay: number; readonly maxDelay: number },
  random: number,
): number {
  // The two further bounds keep infinite options from becoming NaN.
  return random * Math.min(policy.maxDelay, policy.baseDelay * 2 ** Math.min(n, 52), Number.MAX_SAFE_INTEGER)
}
