/**
 * Which service the proxy talks to: the sandbox that `scripts/with-sandbox.mjs` has started, or the one that the environment names
 * in ONEBALANCE_API_KEY and ONEBALANCE_BASE_URL, which the proxy reads itself.
 */
export function readService({ ONEBALANCE_SANDBOX }) {
  if (!ONEBALANCE_SANDBOX) return {}
  const { url, ca, keys } = JSON.parse(ONEBALANCE_SANDBOX)
  return { apiKey: keys.full, baseURL: url, ca }
}
