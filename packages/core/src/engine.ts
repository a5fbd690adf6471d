// For packages that pass requests on instead of making them: @ob/proxy.
export { reasonPhrase } from './errors/hints.ts'
export type { Forwarder, ForwardRequest, ForwardResult } from './forward.ts'
export { createForwarder } from './forward.ts'
export type { Abortable } from './on-abort.ts'
export { concat } from './read-body.ts'
export type { HeaderReader } from './retry/retry-after.ts'
export { checkPath } from './secure-url.ts'
export { Stop } from './stop.ts'
