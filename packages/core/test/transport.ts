import { type ClientOptions, createClient, type Fetch } from '../src/index.ts'

/** A key that no test may find anywhere but in the request header. */
export const CANARY = 'ob_test_9fQ2xVb7LmZ4kT8wR1cY6hJd'

/** One request as a transport got it. */
export interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly init: RequestInit
  /** The body, read whole. */
  text(): Promise<string>
}

/** What a stub answers; a promise that never settles is a server that stalls. */
export type Answer = (sent: Sent, index: number) => Response | Promise<Response>

/** A recording transport without a network. It ends on its signal, as `fetch` does. */
export function stubFetch(answer: Answer = () => json([])): { readonly fetch: Fetch; readonly sent: Sent[] } {
  const sent: Sent[] = []
  const fetch: Fetch = (url, init) => {
    const request: Sent = {
      url,
      method: init.method ?? 'GET',
      headers: new Headers(init.headers),
      init,
      text: () => new Response(init.body ?? null).text(),
    }
    sent.push(request)
    return new Promise((resolve, reject) => {
      const { signal } = init
      const onAbort = () => reject(signal?.reason)
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      Promise.resolve()
        .then(() => answer(request, sent.length - 1))
        .then(resolve, reject)
        .finally(() => signal?.removeEventListener('abort', onAbort))
    })
  }
  return { fetch, sent }
}

/** A client over a stub, with no waiting between its retries. */
export function stubClient(answer?: Answer, options: Partial<ClientOptions> = {}) {
  const { fetch, sent } = stubFetch(answer)
  const client = createClient({
    apiKey: CANARY,
    fetch,
    runtime: { sleep: async () => {} },
    ...(options as object),
  })
  return { client, sent }
}

/** A JSON answer. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}

/** An answer with these bytes or texts as chunks; without `ends`, it stalls after the last. */
export function chunked(
  chunks: readonly (string | Uint8Array)[],
  { status = 200, ends = true, error, onCancel }: ChunkOptions = {},
): Response {
  const rest = [...chunks]
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = rest.shift()
      if (chunk !== undefined) controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
      else if (error !== undefined) controller.error(error)
      else if (ends) controller.close()
      else return new Promise<void>(() => {})
      return undefined
    },
    cancel: () => onCancel?.(),
  })
  return new Response(body, { status })
}

interface ChunkOptions {
  readonly status?: number
  readonly ends?: boolean
  /** The body breaks with this after the last chunk. */
  readonly error?: unknown
  readonly onCancel?: () => void
}

/** What a promise rejects with; fails the test when it does not. */
export async function rejection<E = Error>(promise: Promise<unknown>): Promise<E> {
  const settled = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if (!('error' in settled)) throw new Error(`did not reject, but gave ${JSON.stringify(settled.value)}`)
  return settled.error as E
}

/** A variable of the environment, on the runtime that runs the tests. */
export function env(name: string): string | undefined {
  return (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env[name]
}
