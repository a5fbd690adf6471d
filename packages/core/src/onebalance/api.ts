import { defineApi } from '../api.ts'

/** Placeholder until the contract's files land beside this one. */
export const oneBalance = defineApi({
  name: 'OneBalance',
  baseURL: 'https://be.onebalance.io',
  keyHeader: 'x-api-key',
  keyEnv: 'ONEBALANCE_API_KEY',
  endpoints: {},
})
