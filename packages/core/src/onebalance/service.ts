import { defineApi } from '../api.ts'

/**
 * Where OneBalance is and how it speaks, without its endpoints: the default of `createCaller`, so that a bundle holds those endpoints
 * that it calls.
 */
export const oneBalanceService = defineApi({
  name: 'OneBalance',
  baseURL: 'https://be.onebalance.io',
  keyHeader: 'x-api-key',
  keyEnv: 'ONEBALANCE_API_KEY',
  rateHeaders: {
    limit: 'x-ratelimit-limit',
    remaining: 'x-ratelimit-remaining',
    reset: 'x-ratelimit-reset',
    resetUnit: 'epoch_s',
  },
  hints: {
    401: 'Check that ONEBALANCE_API_KEY holds the whole key, that it was not revoked or rotated, and that it is for this environment; the public testing key changes from time to time.',
    403: 'The key is valid but may not use this endpoint: ask OneBalance to enable it, or use a key that may.',
    404: 'Check the path and the id. If every call answers so, the service may be gone: OneBalance announced its deprecation. Set baseURL if it has moved.',
    429: 'Too many requests in the last minute: wait `retryAfter` ms, set maxConcurrent, or ask OneBalance for a higher limit; the public testing key allows few, one at a time.',
  },
  pathPrefix: '/api',
  endpoints: {},
})
