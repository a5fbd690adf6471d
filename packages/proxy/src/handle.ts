import {
  type Adapter,
  type AnyEndpoint,
  ConfigurationError,
  listEndpoints,
  type OneBalanceError,
  oneBalance,
} from '@ob/core'
import { createForwarder, type Forwarder, type Stop } from '@ob/core/engine'
import { createAnswerCache } from './answer-cache.ts'
import { createCallIds } from './call-ids.ts'
import { createCallers } from './callers.ts'
import { type AnswerReader, BodyTooLarge, BodyTooSlow, type ProxyAnswer, type ProxyRequest } from './exchange.ts'
import { createLimits } from './limits.ts'
import type { LogEntry, ProxyOptions } from './options.ts'
import { CALL_HEADER, createOrigins } from './origins.ts'
import { createPaths, type Match } from './paths.ts'
import { problem, retryAfter } from './problem.ts'
import { isReader, type SharedAnswer, shareAnswer, type UpstreamAnswer } from './shared-answer.ts'
import { createSharedStore, type RedisClient } from './shared-store.ts'
import { createStoreHealth } from './store-health.ts'
import { askUpstream, passHeaders } from './upstream.ts'
import { createUsage, type Usage } from './usage.ts'

/** The proxy without a server around it. */
export interface Handler {
  /** Answers a request by the rules. Rejects never. */
  (request: ProxyRequest): Promise<ProxyAnswer | Response>
  readonly forward: Forwarder
  readonly usage: Usage
  readonly maxBodyBytes: number
  log(entry: LogEntry): void
}

/**
 * Makes the proxy of which the shells are the ends.
 *
 * @throws {ConfigurationError} for an option that cannot be used, and where nobody said who may call
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export function createHandler(options: ProxyOptions, adapter: Adapter, isServer: boolean): Handler {
  if (typeof options !== 'object' || options === null) throw new ConfigurationError({ message: 'options: are missing' })
  const {
    prefix = '/onebalance',
    publicOrigin,
    origins = [],
    rateLimit,
    onStoreError = 'deny',
    maxBodyBytes = 262_144,
    timeout = 30_000,
    maxConcurrent = 256,
    cache,
    usage = createUsage(),
  } = options
  if (onStoreError !== 'deny' && onStoreError !== 'allow')
    throw new ConfigurationError({ message: "onStoreError: must be 'deny' or 'allow'" })
  for (const [name, value] of Object.entries({ maxBodyBytes, maxConcurrent }))
    if (typeof value !== 'number' || !(value >= 1))
      throw new ConfigurationError({ message: `${name}: must be a number, 1 or more` })
  if (!Array.isArray(origins)) throw new ConfigurationError({ message: 'origins: must be a list' })
  // createCaller's default has no endpoints, and here they are the default of what may pass.
  const forward = createForwarder({ ...options, api: options.api ?? oneBalance, timeout, deadline: timeout }, adapter)
  const { api, runtime } = forward
  const allow =
    options.allow ??
    listEndpoints(api)
      .map(({ endpoint }) => endpoint)
      .filter(({ retry }) => retry === 'safe')
  if (!Array.isArray(allow)) throw new ConfigurationError({ message: 'allow: must be a list of endpoints' })
  const log = (entry: LogEntry): void =>
    (options.log ?? logToConsole)({ ...entry, message: forward.redact(entry.message) })
  const match = createPaths(allow, prefix)
  const sites = createOrigins({
    publicOrigin,
    origins,
    methods: allow.map(({ method }: AnyEndpoint) => method),
    needsLoopback: isServer,
  })
  const identify = createCallers(options, { timeout, setTimer: runtime.setTimer, log })
  const redis = options.store ?? clientOf(rateLimit)
  const store = redis && createSharedStore(redis, runtime)
  const health = createStoreHealth(log, usage)
  const limits = createLimits({ rateLimit, redis, store, health, onStoreError, runtime })
  const callIds = createCallIds({ runtime, timeout, store, health, onStoreError })
  const maxAgeOf = cache === false ? () => 0 : (cache ?? (({ maxAge = 0 }: AnyEndpoint) => maxAge))
  const answers = createAnswerCache(maxAgeOf, runtime.now)
  let upstream = 0

  const handle = async (request: ProxyRequest): Promise<ProxyAnswer | Response> => {
    try {
      const matched = match(request.method === 'OPTIONS' ? '' : request.method, request.target)
      const isRefused = 'status' in matched
      const preflight = isRefused && matched.status !== 405 ? undefined : sites.preflight(request)
      if (preflight) return preflight
      const foreign = isRefused ? undefined : sites.check(request)
      if (foreign) return foreign
      const answer = isRefused ? matched : await admit(request, matched)
      // Also of what is not on the list: a page of a listed origin has to read why.
      const exposed = sites.expose(request)
      return exposed && !(answer instanceof Response)
        ? { ...answer, headers: { ...answer.headers, ...exposed } }
        : answer
    } catch (error) {
      log({ level: 'error', event: 'unexpected', message: String(error) })
      return problem(500, 'proxy_error', 'The proxy failed; its log says why.')
    }
  }

  const admit = async (request: ProxyRequest, matched: Match): Promise<ProxyAnswer | Response> => {
    const found = identify(request)
    const identified = found instanceof Promise ? await found : found
    if ('refused' in identified) return identified.refused
    const caller = identified.id
    const { method } = matched.endpoint
    const answer = await (method === 'GET' || method === 'HEAD' ? read : write)(request, matched, caller)
    usage.record({ caller, endpoint: `${matched.endpoint.method} ${matched.endpoint.path}`, status: answer.status })
    return answer
  }

  const read = async (request: ProxyRequest, matched: Match, caller: string): Promise<ProxyAnswer> => {
    const { endpoint, path, query } = matched
    if (request.hasBody) return problem(400, 'body_not_expected', 'A read has no body.')
    const limited = await limits.take(caller, false)
    if (limited) return limited
    const headers = passHeaders(request)
    // A traceparent is of one request, so it is not part of what an answer depends on.
    const { accept = '', 'accept-language': language = '' } = headers
    const order = query.includes('&') ? query.split('&').sort().join('&') : query
    // Nothing before the caller can hold a line break, and what comes last needs no end.
    const whose = endpoint.isPublic ? 'everybody' : `of ${caller}`
    const key = `${endpoint.method} ${path}?${order}\n${accept}\n${language}\n${whose}`
    const got = answers.get(key, endpoint, (signal) => ask(matched, { body: undefined, headers, signal }))
    if (got.from === 'cache') {
      usage.count('cache_hits')
      return got.answer
    }
    if (got.from === 'joined') usage.count('joined')
    return join(request, got.shared)
  }

  const write = async (request: ProxyRequest, matched: Match, caller: string): Promise<ProxyAnswer> => {
    const { endpoint, path, query } = matched
    const isOnce = endpoint.retry === 'once'
    const headers = passHeaders(request)
    const body = await readBody(request)
    if (typeof body !== 'string') return body
    const id = request.header(CALL_HEADER)
    if (id === undefined ? isOnce : !/^[\w-]{16,128}$/.test(id))
      return problem(
        400,
        'call_id_missing',
        `The header ${CALL_HEADER} must hold 128 random bits; @ob/browser sends it.`,
      )
    const start = (): SharedAnswer =>
      shareAnswer((signal) => ask(matched, { body: body === '' ? undefined : body, headers, signal }), id === undefined)
    const admit = (): Promise<ProxyAnswer | undefined> => limits.take(caller, isOnce)
    if (id === undefined) return (await admit()) ?? join(request, start())
    const digest = await sha256([endpoint.method, path, query, body].join('\n'))
    // The limit is asked once the id is taken: a copy that the platform sent by itself must not be refused what the first was allowed.
    const known = await callIds.run({ caller, id, digest }, isOnce, start, admit)
    if (known.isCopy) usage.count('joined')
    return known.kind === 'answered' ? known.answer : join(request, known.shared)
  }

  const ask = async (
    matched: Match,
    request: {
      readonly body: string | undefined
      readonly headers: Readonly<Record<string, string>>
      readonly signal: Stop | undefined
    },
  ): Promise<UpstreamAnswer> => {
    if (upstream >= maxConcurrent)
      return problem(
        503,
        'overloaded',
        'The proxy has too many requests under way. Nothing was sent.',
        retryAfter(1_000),
      )
    upstream += 1
    usage.count('upstream_requests')
    let answer: UpstreamAnswer
    try {
      answer = await askUpstream(forward, matched, request, onUpstreamError)
    } catch (error) {
      log({ level: 'error', event: 'unexpected', message: String(error) })
      answer = problem(500, 'proxy_error', 'The proxy failed; its log says why.')
    }
    if (isReader(answer.body)) return releaseAtEnd(answer, answer.body)
    upstream -= 1
    return answer
  }

  /**
   * Keeps the place of a request until its body has been read, or given up, or the time is over: the request upstream is over then as
   * well, and somebody who does not read must not keep it.
   */
  const releaseAtEnd = (answer: UpstreamAnswer, body: AnswerReader): UpstreamAnswer => {
    let isReleased = false
    const release = (): void => {
      stopTimer()
      if (!isReleased) upstream -= 1
      isReleased = true
    }
    const stopTimer = runtime.setTimer(timeout, release)
    return {
      ...answer,
      body: {
        async read() {
          try {
            const chunk = await body.read()
            if (!chunk) release()
            return chunk
          } catch (error) {
            release()
            throw error
          }
        },
      },
      cancel() {
        release()
        answer.cancel?.()
      },
    }
  }

  const onUpstreamError = (error: OneBalanceError): void => {
    if (error.code === 'rate_limited' && error.status === 429) limits.shutGate(error.retryAfter)
    if (error.code === 'unauthorized') {
      usage.count('upstream_auth')
      log({ level: 'error', event: 'upstream_auth', message: error.message })
    }
    if (error.code === 'configuration' || error.code === 'insecure_url')
      log({ level: 'error', event: 'configuration', message: error.message })
  }

  const join = (request: ProxyRequest, shared: SharedAnswer): Promise<ProxyAnswer> => {
    const { answer, leave } = shared.join()
    request.onLeave(leave)
    return answer
  }

  const readBody = async (request: ProxyRequest): Promise<string | ProxyAnswer> => {
    if (request.header('content-encoding') !== undefined)
      return problem(415, 'unsupported_encoding', 'The body must not be compressed.')
    if (!request.hasBody) return ''
    if (!/^application\/json\s*(?:;|$)/i.test(request.header('content-type') ?? ''))
      return problem(415, 'unsupported_type', 'The body must be application/json.')
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        await request.readBody(maxBodyBytes),
      )
      JSON.parse(text)
      return text
    } catch (error) {
      if (error instanceof BodyTooLarge)
        return problem(413, 'body_too_large', `The body is larger than ${maxBodyBytes} bytes.`, { connection: 'close' })
      if (error instanceof BodyTooSlow)
        return problem(408, 'body_too_slow', 'The body did not arrive in time.', { connection: 'close' })
      return problem(400, 'invalid_body', 'The body is not JSON.')
    }
  }

  return Object.assign(handle, { forward, usage, maxBodyBytes, log })
}

/** A limiter of rate-limiter-flexible over a store names its client. */
function clientOf(rateLimit: ProxyOptions['rateLimit']): RedisClient | undefined {
  const client = (rateLimit as { client?: Partial<RedisClient> } | undefined)?.client
  return typeof client?.get === 'function' && typeof client.set === 'function' ? (client as RedisClient) : undefined
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function logToConsole({ level, event, message }: LogEntry): void {
  console[level](`onebalance proxy: ${event}: ${message}`)
}
