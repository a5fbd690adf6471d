import {
  type Adapter,
  type Api,
  type Caller,
  type CallPromise,
  type Client,
  type ClientOptions,
  ConfigurationError,
  type Endpoint,
  type EndpointTree,
  oneBalance,
  oneBalanceService,
  type RawRequest,
} from '@ob/core'
import { createKeylessCaller, createKeylessClient } from '@ob/core/engine'
import { createBrowserAdapter, throughProxy } from './adapter.ts'
import { type BrowserCallOptions, type Keyless, type KeylessHeaders, refuseKey, refuseKeyHeaders } from './keyless.ts'
import { explainRefusal, resolveProxyURL } from './proxy-url.ts'

/** What a client in a page does not take. */
type Refused = 'apiKey' | 'baseURL' | 'ca' | 'dangerouslyAllowBrowser'

/** Options of a client in a page. */
export interface BrowserClientOptions<A extends Api = Api>
  extends Omit<ClientOptions<A>, Refused | 'allowInsecureLoopback' | 'headers' | 'userAgent'> {
  /**
   * Where `@ob/proxy` is: a path of the page's own site, such as `/onebalance`, or an address with `https:`. `http:` is for this
   * machine only (`localhost`, `127.0.0.0/8`, `[::1]`). Without a page, as on a server, it must be an address.
   */
  readonly proxyURL: string | URL
  /** Whether cookies go to a proxy on another origin, which must allow it. @default 'same-origin' */
  readonly credentials?: 'same-origin' | 'include' | undefined
  /** Extra headers. A proxy on another origin must allow them. */
  readonly headers?: KeylessHeaders | undefined
  /** The key is on the server, in `@ob/proxy`. */
  readonly apiKey?: never
  /** It is `proxyURL` here. */
  readonly baseURL?: never
  /** A browser trusts what its system trusts. */
  readonly ca?: never
  /** There is no key to allow. */
  readonly dangerouslyAllowBrowser?: never
}

/** A client in a page: the methods of every client, whose options hold no header for a key. */
export type BrowserClient<Tree = (typeof oneBalance)['endpoints']> = Keyless<Client<Tree>>

/** Calls any endpoint of an API through the proxy. */
export interface BrowserCaller extends Pick<Caller, 'close' | 'runtime'> {
  <Input, Output>(endpoint: Endpoint<Input, Output>, input: Input, options?: BrowserCallOptions): CallPromise<Output>
  <Output>(
    endpoint: Endpoint<undefined, Output>,
    input?: Readonly<Record<string, never>>,
    options?: BrowserCallOptions,
  ): CallPromise<Output>
  /** Calls a path that the contract does not know. */
  request(method: string, path: string, options?: RawRequest & BrowserCallOptions): CallPromise<unknown>
}

/**
 * Makes a client that sends everything through `@ob/proxy`, which holds the key.
 *
 * @example
 * const ob = createClient({ proxyURL: '/onebalance' })
 * const assets = await ob.assets.list()
 * @throws {ConfigurationError} for an option that cannot be used, such as any key
 * @throws {InsecureUrlError} for a `proxyURL` that is not safe
 */
export function createClient<const Tree extends EndpointTree = (typeof oneBalance)['endpoints']>(
  options: BrowserClientOptions<Api<Tree>>,
): BrowserClient<Tree> {
  return build(options, oneBalance as Api, createKeylessClient) as unknown as BrowserClient<Tree>
}

/**
 * The tree-shakable form: `const call = createCaller({ proxyURL }); await call(listAssets)`.
 *
 * @throws {ConfigurationError} for an option that cannot be used, such as any key
 * @throws {InsecureUrlError} for a `proxyURL` that is not safe
 */
export function createCaller(options: BrowserClientOptions): BrowserCaller {
  return build(options, oneBalanceService as Api, createKeylessCaller)
}

function build<Made>(
  options: BrowserClientOptions,
  defaultApi: Api,
  create: (options: ClientOptions & { readonly api: Api }, adapter: Adapter) => Made,
): Made {
  if (Object(options) !== options) throw new ConfigurationError({ message: 'options: must be an object' })
  // Read once, so that a getter cannot answer the checks with one value and the client with another.
  const { proxyURL, credentials = 'same-origin', fetch, api = defaultApi, ...rest } = { ...options }
  const { apiKey, baseURL, ca, headers } = rest as ClientOptions
  if (apiKey !== undefined) refuseKey('apiKey: there is none in a page')
  if (baseURL !== undefined || ca !== undefined)
    throw new ConfigurationError({
      message: `${ca === undefined ? 'baseURL: use proxyURL' : 'ca: a browser trusts what its system trusts'}`,
    })
  if (credentials !== 'same-origin' && credentials !== 'include')
    throw new ConfigurationError({ message: 'credentials: must be same-origin or include' })
  if (fetch !== undefined && typeof fetch !== 'function')
    throw new ConfigurationError({ message: 'fetch: must be a function with the shape of fetch' })
  const keyHeader = api?.keyHeader
  refuseKeyHeaders(Object.keys(headers ?? {}), keyHeader)
  try {
    return create(
      {
        ...rest,
        api: throughProxy(api),
        baseURL: resolveProxyURL(proxyURL),
        // No key is sent, so plain HTTP to this machine gives nothing away; to any other it is refused.
        allowInsecureLoopback: true,
      },
      createBrowserAdapter({ fetch, credentials, keyHeader }),
    )
  } catch (error) {
    throw explainRefusal(error)
  }
}
