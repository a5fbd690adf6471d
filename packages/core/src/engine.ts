// For packages that pass requests on instead of making them: @ob/proxy.
export type { ForwardAnswer, Forwarder, ForwardRequest } from './forward.ts'
export { createForwarder } from './forward.ts'
export { MAX_REQUEST_BYTES } from './plan.ts'
export type { RateInfo } from './retry/retry-after.ts'
