export * from '@ob/core'
export {
  type BrowserCaller,
  type BrowserClient,
  type BrowserClientOptions,
  createCaller,
  createClient,
} from './client.ts'
export type { BrowserCallOptions, KeylessHeaders } from './keyless.ts'
