import {
  type Api,
  type Caller,
  type Client,
  type ClientOptions,
  createCaller as createCoreCaller,
  createClient as createCoreClient,
  type EndpointTree,
  type oneBalance,
} from '@ob/core'
import { createNodeAdapter } from './adapter.ts'
import type { TransportOptions } from './transport.ts'

/** Options of a client on Node.js. */
export interface NodeClientOptions<A extends Api = Api> extends ClientOptions<A>, TransportOptions {}

/**
 * Makes a client. The key comes from ONEBALANCE_API_KEY, or the file that ONEBALANCE_API_KEY_FILE names, unless `apiKey` is given.
 *
 * @example
 * const ob = createClient()
 * const assets = await ob.assets.list()
 * @throws {ConfigurationError} for an option that cannot be used
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export function createClient<const Tree extends EndpointTree = (typeof oneBalance)['endpoints']>(
  options: NodeClientOptions<Api<Tree>> = {},
): Client<Tree> {
  return createCoreClient(options, createNodeAdapter(options))
}

/**
 * The tree-shakable form: `const call = createCaller(); await call(listAssets)`.
 *
 * @throws {ConfigurationError} for an option that cannot be used
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export function createCaller(options: NodeClientOptions = {}): Caller {
  return createCoreCaller(options, createNodeAdapter(options))
}
