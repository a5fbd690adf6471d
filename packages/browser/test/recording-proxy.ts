// A proxy on real sockets that writes down what arrives: it answers by itself, or sends on to the sandbox with the key that it holds.
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Sandbox } from '@ob/sandbox'

/** One request as it arrived. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Names and values as they were on the wire. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** What the proxy answers by itself. */
export interface Answer {
  /** Sends the request on first, and drops what comes back. @default false */
  readonly afterSending?: boolean
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface RecordingProxy {
  readonly url: string
  readonly arrived: Arrived[]
  close(): Promise<void>
}

const PREFIX = '/onebalance'

/** Starts it on loopback. `answer` is asked for each request, with how many came before it. */
export async function startProxy(
  answer: (request: Arrived, index: number) => Answer | undefined,
  sandbox?: Sandbox,
): Promise<RecordingProxy> {
  const arrived: Arrived[] = []
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const one = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      rawHeaders: incoming.rawHeaders,
      body: Buffer.concat(chunks).toString(),
    }
    arrived.push(one)
    const own = answer(one, arrived.length - 1)
    if (own?.afterSending && sandbox) (await sendOn(sandbox, one)).resume()
    if (own) {
      response.writeHead(own.status, { 'content-type': 'application/json', ...own.headers })
      response.end(own.body === undefined ? '' : JSON.stringify(own.body))
    } else if (sandbox) {
      const sent = await sendOn(sandbox, one)
      response.writeHead(sent.statusCode ?? 502, { 'content-type': sent.headers['content-type'] ?? '' })
      sent.pipe(response)
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}`,
    arrived,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function sendOn({ url, ca, keys }: Sandbox, { method, path, body }: Arrived): Promise<IncomingMessage> {
  const headers = { 'x-api-key': keys.full, ...(body && { 'content-type': 'application/json' }) }
  return new Promise((resolve, reject) => {
    request(url + path.slice(PREFIX.length), { method, ca, headers }, resolve)
      .on('error', reject)
      .end(body)
  })
}
