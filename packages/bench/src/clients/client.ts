import type { PostPath } from '../payloads.ts'

/** Where a client is to send its requests. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path in front of the API's own: which size of answer is asked for. */
  readonly prefix: '/small' | '/large'
  /** Goes into the header `x-api-key`. */
  readonly key: string
}

/** A client with what is measured of it. Every method gives the parsed answer. */
export interface BenchClient {
  /** The list of assets. */
  get(): Promise<unknown>
  /** Sends JSON. */
  post(path: PostPath, body: object): Promise<unknown>
}

/** What each module of this folder exports as `create`. */
export type CreateClient = (target: Target) => BenchClient
