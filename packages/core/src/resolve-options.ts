import { type Adapter, webAdapter } from './adapter.ts'
import { type Api, HEADER_NAME } from './api.ts'
import { createSend, type Wire } from './attempt.ts'
import { ConfigurationError } from './errors/classes.ts'
import { oneBalanceService } from './onebalance/service.ts'
import type { CallOptions, ClientOptions, Hooks, RetryOptions } from './options.ts'
import { type Budget, createBudget } from './retry/budget.ts'
import { createGate, type Gate } from './retry/gate.ts'
import type { RetryPolicy } from './retry/policy.ts'
import { resolveRuntime } from './runtime.ts'
import { createKeyRing, type KeyRing } from './secret.ts'
import { checkBaseURL, type SecureBase } from './secure-url.ts'
import { VERSION } from './version.ts'

/** A client's options, checked, copied and with every default filled in, and the parts that all its calls share. */
export interface Engine extends Wire {
  readonly timeout: number
  readonly deadline: number
  readonly validate: boolean
  readonly retry: RetryPolicy | false
  readonly budget: Budget
  readonly gate: Gate
  readonly hooks: Hooks
}

/** What one call may override, checked and filled in from the client's options. */
export interface CallSettings {
  readonly signal: AbortSignal | undefined
  readonly timeout: number
  readonly deadline: number
  readonly validate: boolean
  readonly retry: RetryPolicy | false
  readonly headers: Readonly<Record<string, string>> | undefined
}

/** The policy that holds where nothing else is said. */
export const DEFAULT_RETRY = Object.freeze({
  maxRetries: 3,
  baseDelay: 500,
  maxDelay: 8_000,
  maxRetryAfter: 60_000,
  budget: Object.freeze({ capacity: 50, refill: 0.1 }),
})

/**
 * The engine of a client that has a key.
 *
 * @throws {ConfigurationError} for an option that cannot be used, {@link InsecureUrlError} for the base URL
 */
export function resolveEngine(options: ClientOptions, adapter: Adapter = webAdapter): Engine {
  return assembleEngine(options, adapter, openKeyRing)
}

/**
 * The engine with whichever key ring it is given: nothing of keys is in the bundle of a client that has none.
 *
 * @throws {ConfigurationError} for an option that cannot be used, {@link InsecureUrlError} for the base URL
 */
export function assembleEngine(
  options: ClientOptions,
  adapter: Adapter,
  openKeys: (options: ClientOptions, adapter: Adapter, api: Api) => KeyRing,
): Engine {
  if (typeof options !== 'object' || options === null) refuse('options', 'must be an object')
  // Each option is read once, so that a getter cannot answer the check with one value and the client with another.
  const {
    api = oneBalanceService as Api,
    baseURL,
    fetch,
    hooks = {},
    maxConcurrent,
    userAgent,
    retry,
    validate = true,
  } = options
  if (api?.kind !== 'api') refuse('api', 'must be made by defineApi')
  if (fetch !== undefined && typeof fetch !== 'function') refuse('fetch', 'must be a function with the shape of fetch')
  for (const [name, hook] of Object.entries(hooks))
    if (hook !== undefined && typeof hook !== 'function') refuse(`hooks.${name}`, 'must be a function')
  const base = checkBaseURL(baseURL ?? adapter.baseURL?.(api) ?? api.baseURL, options.allowInsecureLoopback === true)
  refuseDoubledPrefix(base, api)
  const keys = openKeys(options, adapter, api)
  const runtime = resolveRuntime(options.runtime)
  const policy = resolvePolicy(retry, DEFAULT_RETRY)
  const checkBudget = (name: 'capacity' | 'refill') =>
    checkNumber(`retry.budget.${name}`, budget?.[name], DEFAULT_RETRY.budget[name], 0)
  const budget = (retry || undefined)?.budget
  const transport = fetch ? { fetch } : adapter.createTransport(options)
  const { signal: _, ...settings } = resolveCall(options, {
    timeout: 30_000,
    deadline: 120_000,
    validate: true,
    retry: policy,
    api,
  })
  return Object.freeze({
    ...settings,
    validate,
    retry: policy,
    api,
    base,
    adapter,
    transport,
    keys,
    runtime,
    headers: Object.freeze({
      accept: 'application/json',
      'user-agent': checkHeaderValue('userAgent', userAgent ?? `onebalance-sdk/${VERSION} (${adapter.name})`),
      ...settings.headers,
    }),
    maxResponseBytes: checkNumber('maxResponseBytes', options.maxResponseBytes, 16 * 1024 * 1024, 1),
    budget: createBudget({ capacity: checkBudget('capacity'), refill: checkBudget('refill') }),
    gate: createGate({
      runtime,
      maxConcurrent: checkNumber('maxConcurrent', maxConcurrent, Number.POSITIVE_INFINITY, 1),
      maxRetryAfter: (policy || DEFAULT_RETRY).maxRetryAfter,
      jitter: (policy || DEFAULT_RETRY).baseDelay,
    }),
    hooks: Object.freeze({ ...hooks }),
    send: createSend(transport),
  })
}

/** @throws {ConfigurationError} */
export function resolveCall(
  options: CallOptions & { readonly retry?: false | RetryOptions | undefined },
  defaults: Pick<Engine, 'timeout' | 'deadline' | 'validate' | 'retry' | 'api'>,
): CallSettings {
  if (typeof options !== 'object' || options === null) refuse('options', 'must be an object')
  const { signal, headers, retry, validate = defaults.validate } = options
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') refuse('signal', 'must be an AbortSignal')
  if (typeof validate !== 'boolean') refuse('validate', 'must be true or false')
  return {
    signal,
    timeout: checkNumber('timeout', options.timeout, defaults.timeout, 1),
    deadline: checkNumber('deadline', options.deadline, defaults.deadline, 1),
    validate,
    retry: resolvePolicy(retry, defaults.retry || DEFAULT_RETRY, defaults.retry),
    headers: headers && checkHeaders(headers, defaults.api),
  }
}

function resolvePolicy(
  options: false | RetryOptions | undefined,
  defaults: RetryPolicy,
  otherwise: RetryPolicy | false = defaults,
): RetryPolicy | false {
  if (options === false) return false
  if (options === undefined) return otherwise
  if (typeof options !== 'object' || options === null) refuse('retry', 'must be false or an object')
  const check = (name: keyof RetryPolicy) => checkNumber(`retry.${name}`, options[name], defaults[name], 0)
  return Object.freeze({
    maxRetries: check('maxRetries'),
    baseDelay: check('baseDelay'),
    maxDelay: check('maxDelay'),
    maxRetryAfter: check('maxRetryAfter'),
  })
}

/** Names that carry the key, frame the message or concern one connection (RFC 9110, section 7.6.1), which a caller must not set. */
const RESERVED_HEADERS = new Set([
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function checkHeaders(headers: Readonly<Record<string, string>>, api: Api): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {}
  for (const [written, value] of Object.entries(headers)) {
    const name = written.toLowerCase()
    if (value === undefined) continue
    if (!HEADER_NAME.test(name)) refuse('headers', 'holds a name that no header can have')
    if (name === api.keyHeader) refuse('headers', `must not hold ${api.keyHeader}; give the key as apiKey`)
    if (RESERVED_HEADERS.has(name)) refuse('headers', `must not hold ${name}, which belongs to the connection`)
    checked[name] = checkHeaderValue(`headers.${name}`, value)
  }
  return Object.freeze(checked)
}

function checkHeaderValue(name: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value)) refuse(name, 'must be a string of printable ASCII')
  return value
}

function checkNumber(name: string, value: unknown, fallback: number, min: number): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number' || Number.isNaN(value) || value < min) refuse(name, `must be a number, ${min} or more`)
  return value
}

/** `https://host/api` with `/api/assets/list` would ask for `/api/api/assets/list`. */
function refuseDoubledPrefix(base: SecureBase, { name, pathPrefix }: Api): void {
  if (pathPrefix && base.prefix.endsWith(pathPrefix))
    refuse('baseURL', `must not end in ${pathPrefix}: the paths of ${name} begin with it. Leave it out`)
}

/** The ring of `apiKey`, else of what the adapter finds. */
function openKeyRing({ apiKey, dangerouslyAllowBrowser }: ClientOptions, adapter: Adapter, api: Api): KeyRing {
  if (apiKey !== null && isBrowserPage() && dangerouslyAllowBrowser !== true) {
    refuse('apiKey', 'everybody who opens a page can read a key in it. Use @ob/browser with @ob/proxy')
  }
  return createKeyRing(apiKey === undefined ? (adapter.keySource?.(api) ?? noKeySource) : apiKey)
}

function noKeySource(): never {
  throw new ConfigurationError({
    message: 'apiKey: there is no key. Give it as apiKey, or null to send none',
  })
}

/** A page has a window and a document; Node.js with a simulated DOM has both and is none. */
function isBrowserPage(): boolean {
  const global = globalThis as {
    window?: unknown
    document?: unknown
    process?: { versions?: { node?: unknown } }
  }
  return global.window !== undefined && global.document !== undefined && !global.process?.versions?.node
}

function refuse(option: string, problem: string): never {
  throw new ConfigurationError({
    message: `${option}: ${problem}`,
    hint: `Correct the option ${option.split('.')[0]}.`,
  })
}
