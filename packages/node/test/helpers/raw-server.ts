import { once } from 'node:events'
import { createServer } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Identity } from './certificates.ts'

/** One request as it came over the wire. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  /** Head as written, without the last line break. */
  readonly head: string
  readonly body: string
  /** The connection it came on, 0 for the first. */
  readonly connection: number
  /** Its place on that connection, 0 for the first. */
  readonly index: number
  readonly socket: TLSSocket
  /** Ends the connection by RST. */
  reset(): void
}

/** An HTTPS server that answers with bytes, right or wrong, and counts what was delivered. */
export interface RawServer {
  readonly url: string
  readonly port: number
  readonly requests: readonly RawRequest[]
  readonly connections: number
  /** Connections that are open now. */
  readonly open: number
  close(): Promise<void>
}

/** `answer` gets each whole request and writes to its socket. */
export async function startRawServer(identity: Identity, answer: (request: RawRequest) => void): Promise<RawServer> {
  const requests: RawRequest[] = []
  const sockets = new Set<TLSSocket>()
  let connections = 0
  const secureContext = createSecureContext(identity)
  const server = createServer({ noDelay: true }, (raw) => {
    const socket = new TLSSocket(raw, { isServer: true, secureContext })
    const connection = connections
    connections += 1
    raw.on('error', () => {})
    let pending = Buffer.alloc(0)
    let index = 0
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      for (;;) {
        const end = pending.indexOf('\r\n\r\n')
        if (end < 0) return
        const head = pending.subarray(0, end).toString('latin1')
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
        if (pending.length < end + 4 + length) return
        const body = pending.subarray(end + 4, end + 4 + length).toString('utf8')
        pending = pending.subarray(end + 4 + length)
        const [method = '', path = ''] = head.split(' ')
        const request = { method, path, head, body, connection, index, socket, reset: () => void raw.resetAndDestroy() }
        index += 1
        requests.push(request)
        answer(request)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections
    },
    get open() {
      return sockets.size
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A whole answer as bytes. */
export function httpAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${status} X\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}
