import { createClient } from '@ob/browser'

/**
 * The client of the page. It has no key: it talks to the proxy that serves this page, and the proxy adds the key.
 *
 * Waits that somebody looks at are short. Past them comes an error that says what is going on, with a way to go on.
 */
export const ob = createClient({
  proxyURL: '/onebalance',
  timeout: 10_000,
  deadline: 20_000,
  retry: { maxRetries: 2, maxRetryAfter: 3_000 },
})
