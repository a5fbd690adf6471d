// For a client that has no key and never will: what keeps, checks and redacts keys stays out of its bundle.
import type { Adapter } from './adapter.ts'
import type { Api, EndpointTree } from './api.ts'
import { type Caller, openCaller } from './caller.ts'
import { type Client, toClient } from './client.ts'
import type { ClientOptions } from './options.ts'
import { assembleEngine } from './resolve-options.ts'
import { NO_KEY } from './secret.ts'

/** As `createCaller`; `apiKey` is not looked at. */
export function createKeylessCaller(options: ClientOptions, adapter: Adapter): Caller {
  return openCaller(assembleEngine(options, adapter, () => NO_KEY))
}

/** As `createClient`, of the API that is given; `apiKey` is not looked at. */
export function createKeylessClient<Tree extends EndpointTree>(
  options: ClientOptions & { readonly api: Api<Tree> },
  adapter: Adapter,
): Client<Tree> {
  return toClient(options.api, createKeylessCaller(options, adapter))
}
