import { concat } from '@ob/core/engine'
import { createAdapter } from '#adapter'
import { BodyTooLarge, BodyTooSlow, isPieces, type ProxyAnswer, type ProxyRequest } from './exchange.ts'
import { createHandler, type Handler } from './handle.ts'
import type { ProxyOptions, RequestInfo } from './options.ts'
import { isReader } from './shared-answer.ts'
import type { Usage } from './usage.ts'

/** A proxy for servers that speak in `Request` and `Response`. */
export interface Proxy {
  (request: Request, info?: RequestInfo): Promise<Response>
  /** What it counted. */
  readonly usage: Usage
  /** Resolves when the key can be had. */
  ready(): Promise<void>
  /** Refuses further requests upstream; those under way end first. */
  close(): Promise<void>
}

/**
 * Makes a proxy that keeps the key: `Deno.serve`, `Bun.serve`, workerd, Next.js and Hono call it with a `Request`. The key comes from
 * `apiKey`, else from ONEBALANCE_API_KEY where the runtime has `process.env`.
 *
 * @example
 * const proxy = createProxy({ authorize: async (request) => (await getSession(request))?.user })
 * Deno.serve((request, { remoteAddr }) => proxy(request, { remoteAddress: remoteAddr.hostname }))
 * @throws {ConfigurationError} for an option that cannot be used, and where neither `authorize` nor `anonymous` is given
 * @throws {InsecureUrlError} for a `baseURL` that is not safe
 */
export function createProxy(options: ProxyOptions): Proxy {
  const handler = createHandler(options, createAdapter(options), false)
  const { forward, usage } = handler
  return Object.freeze(
    Object.assign(
      async (request: Request, info: RequestInfo = {}): Promise<Response> => {
        const left: (() => void)[] = []
        const leave = (): void => {
          for (const one of left) one()
        }
        const answer = await handler(toProxyRequest(request, info, handler, left))
        return answer instanceof Response ? answer : toResponse(answer, leave)
      },
      { usage, ready: forward.ready, close: forward.close },
    ),
  )
}

function toProxyRequest(
  request: Request,
  { remoteAddress }: RequestInfo,
  { forward }: Handler,
  left: (() => void)[],
): ProxyRequest {
  // Cut, not parsed: the rules take one plain form only, and refuse what a parser would mend.
  const [url = ''] = request.url.split('#', 1)
  const hostAt = url.indexOf('//') + 2
  const targetAt = url.indexOf('/', hostAt)
  return {
    method: request.method,
    target: targetAt < 0 ? '/' : url.slice(targetAt),
    scheme: /^https:/i.test(url) ? 'https' : 'http',
    host: url.slice(hostAt, targetAt < 0 ? undefined : targetAt).toLowerCase(),
    remoteAddress,
    header: (name) => request.headers.get(name) ?? undefined,
    toRequest: () => request,
    hasBody: request.body !== null,
    async readBody(maxBytes) {
      if (Number(request.headers.get('content-length')) > maxBytes) throw new BodyTooLarge()
      const reader = request.body?.getReader()
      const chunks: Uint8Array[] = []
      let bytes = 0
      let isLate = false
      const cancel = forward.runtime.setTimer(forward.timeout, () => {
        isLate = true
        reader?.cancel().catch(() => {})
      })
      try {
        for (;;) {
          const { done = true, value } = (await reader?.read()) ?? {}
          if (isLate) throw new BodyTooSlow()
          if (done || !value) return concat(chunks)
          chunks.push(value)
          bytes += value.length
          if (bytes > maxBytes) {
            reader?.cancel().catch(() => {})
            throw new BodyTooLarge()
          }
        }
      } finally {
        cancel()
      }
    },
    onLeave(leave) {
      left.push(leave)
      if (request.signal?.aborted) leave()
      else request.signal?.addEventListener('abort', leave, { once: true })
    },
  }
}

function toResponse({ status, headers, body }: ProxyAnswer, leave: () => void): Response {
  if (!isReader(body)) {
    const whole = isPieces(body) ? concat(body) : body
    return new Response(whole as ConstructorParameters<typeof Response>[0], { status, headers })
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await body.read()
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  )
  return new Response(stream, { status, headers })
}
