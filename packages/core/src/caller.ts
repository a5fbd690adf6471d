import type { AnyEndpoint, Endpoint } from './api.ts'
import type { CallOptions, CallPromise, Runtime } from './options.ts'

/** Calls any endpoint of an API. Made by `createCaller`. */
export interface Caller {
  <Input, Output>(endpoint: Endpoint<Input, Output>, input: Input, options?: CallOptions): CallPromise<Output>
  <Output>(endpoint: Endpoint<undefined, Output>, input?: undefined, options?: CallOptions): CallPromise<Output>
  /** The client's clock, for flows that wait. */
  readonly runtime: Runtime
}
export type { AnyEndpoint }
