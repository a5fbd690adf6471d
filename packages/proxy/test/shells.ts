// The two ends of the proxy, each on a real socket: serveProxy, and the Fetch handler behind a small server such as people write.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { createProxy, type ProxyOptions, type Usage } from '../src/index.ts'
import { serveProxy } from '../src/node.ts'

/** A proxy that runs. */
export interface Running {
  readonly port: number
  readonly usage: Usage
  close(): Promise<void>
}

export interface Shell {
  readonly name: 'serveProxy' | 'createProxy'
  start(options: ProxyOptions): Promise<Running>
}

export const SHELLS: readonly Shell[] = [
  {
    name: 'serveProxy',
    async start(options) {
      const { url, usage, close } = await serveProxy({ ...options, signals: [], drainTimeout: 2_000 })
      return { port: Number(new URL(url).port), usage, close }
    },
  },
  {
    name: 'createProxy',
    async start(options) {
      const proxy = createProxy(options)
      const server = createServer(
        { headersTimeout: 500, connectionsCheckingInterval: 100 },
        (incoming, outgoing) => void answer(proxy, incoming, outgoing),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return {
        port: (server.address() as AddressInfo).port,
        usage: proxy.usage,
        async close() {
          await new Promise<void>((resolve) => {
            server.close(() => resolve())
            server.closeAllConnections()
          })
          await proxy.close()
        },
      }
    },
  },
]

async function answer(
  proxy: ReturnType<typeof createProxy>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  const { socket } = incoming
  const leave = (): void => gone.abort()
  // An answer that waits for its turn is not told that its connection has closed.
  socket.setMaxListeners(0).once('close', leave)
  outgoing.on('close', () => {
    leave()
    socket.off('close', leave)
  })
  let request: Request
  try {
    request = toRequest(incoming, gone.signal)
  } catch {
    outgoing.writeHead(400, { connection: 'close' }).end()
    return
  }
  const response = await proxy(request, { remoteAddress: incoming.socket.remoteAddress })
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value)
  outgoing.writeHead(response.status)
  if (!response.body) {
    outgoing.end()
    return
  }
  const body = Readable.fromWeb(response.body as ReadableStream)
  // An answer that breaks off must not look whole.
  body.on('error', () => outgoing.destroy())
  outgoing.on('close', () => body.destroy())
  body.pipe(outgoing)
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = '', url = '', headers, rawHeaders } = incoming
  const list: [string, string][] = []
  for (let at = 0; at < rawHeaders.length; at += 2) list.push([rawHeaders[at] as string, rawHeaders[at + 1] as string])
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  return new Request(new URL(url, `http://${headers.host}`), {
    method,
    headers: list,
    signal,
    ...(hasBody && method !== 'GET' && method !== 'HEAD' && { body: Readable.toWeb(incoming), duplex: 'half' }),
  } as RequestInit)
}
