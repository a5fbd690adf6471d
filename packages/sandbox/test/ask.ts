import type { IncomingHttpHeaders } from 'node:http'
import { type Agent, request as httpsRequest } from 'node:https'

/** One answer, or how it failed. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers freely.
  readonly json: any
  /** The answer's end came as promised. */
  readonly isComplete: boolean
}

export interface Ask {
  readonly method?: string
  readonly key?: string
  readonly body?: unknown
  readonly agent?: Agent
  readonly onRequest?: (request: ReturnType<typeof httpsRequest>) => void
}

/** Sends one request with node:https; rejects when no head arrives. */
export function ask(
  at: { url: string; ca: string },
  path: string,
  { method = 'GET', key, body, agent, onRequest }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    const request = httpsRequest(
      at.url + path,
      {
        method,
        ca: at.ca,
        agent: agent ?? false,
        headers: {
          ...(key !== undefined && { 'x-api-key': key }),
          ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        const end = (): void => {
          const all = Buffer.concat(chunks).toString()
          let json: unknown
          try {
            json = JSON.parse(all)
          } catch {}
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: all,
            json,
            isComplete: response.complete,
          })
        }
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', end)
        response.on('error', end)
        response.on('close', end)
      },
    )
    request.on('error', reject)
    onRequest?.(request)
    request.end(text)
  })
}

/** Waits for something that another connection does; fails after two seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 2_000
  while (!holds()) {
    if (Date.now() > end) throw new Error('did not come true')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
