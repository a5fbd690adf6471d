import { type Adapter, webAdapter } from './adapter.ts'
import { type Api, type Endpoint, type EndpointTree, type Flow, isEndpoint, isFlow } from './api.ts'
import { type Caller, createCaller } from './caller.ts'
import { oneBalance } from './onebalance/api.ts'
import type { CallOptions, CallPromise, ClientOptions } from './options.ts'

/** An endpoint as a method. Where it takes no input, pass nothing, `undefined` or `{}`. */
export type Method<Input, Output> = undefined extends Input
  ? (input?: Input | Readonly<Record<string, never>>, options?: CallOptions) => CallPromise<Output>
  : (input: Input, options?: CallOptions) => CallPromise<Output>

/** The endpoints of an API as methods. */
export type Methods<Tree> = {
  readonly [Name in keyof Tree]: Tree[Name] extends Endpoint<infer Input, infer Output>
    ? Method<Input, Output>
    : Tree[Name] extends Flow<infer FlowMethod>
      ? FlowMethod
      : Methods<Tree[Name]>
}

/** A client: the API's endpoints as methods, and what every client has. */
export type Client<Tree = (typeof oneBalance)['endpoints']> = Methods<Tree> & {
  /** Calls a path that the contract does not know. Counts as `safe` for GET and HEAD and as `once` for all else. */
  readonly request: Caller['request']
  /** Refuses further calls and closes the connections; calls under way end first. */
  readonly close: Caller['close']
  readonly [Symbol.asyncDispose]: Caller['close']
}

/**
 * Makes a client.
 *
 * @example
 * const ob = createClient({ apiKey: () => vault.read('onebalance') })
 * const assets = await ob.assets.list()
 * @throws {ConfigurationError} for an option that cannot be used
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export function createClient<const Tree extends EndpointTree = (typeof oneBalance)['endpoints']>(
  options: ClientOptions<Api<Tree>> = {},
  adapter: Adapter = webAdapter,
): Client<Tree> {
  const api = options?.api ?? oneBalance
  // What is no object goes on as it is, to be refused as every other bad option.
  return toClient(
    api as Api<Tree>,
    createCaller(Object(options) === options ? ({ ...options, api } as ClientOptions) : options, adapter),
  )
}

/** The endpoints of an API as methods that make their calls by a caller. */
export function toClient<Tree extends EndpointTree>(api: Api<Tree>, call: Caller): Client<Tree> {
  const { request, close } = call
  return Object.freeze({
    ...toMethods(api.endpoints, call),
    request,
    close,
    [Symbol.asyncDispose]: close,
  }) as unknown as Client<Tree>
}

function toMethods(tree: EndpointTree, call: Caller): Record<string, unknown> {
  const entries = Object.entries(tree).map(([name, node]) => {
    if (isEndpoint(node)) return [name, (input: never, options?: CallOptions) => call(node, input, options)]
    return [name, isFlow(node) ? node.create(call) : toMethods(node, call)]
  })
  return Object.freeze(Object.fromEntries(entries))
}
