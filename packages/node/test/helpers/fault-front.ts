import { once } from 'node:events'
import { createServer, connect as netConnect, type Socket } from 'node:net'
import { type SecureContext, TLSSocket, connect as tlsConnect } from 'node:tls'

/** How a connection ends: closed in order, reset, or silent for ever. */
export type End = 'fin' | 'reset' | 'stall'

/**
 * One fault of one connection.
 *
 * - `accept`: as soon as the TCP connection is there.
 * - `handshakeUp`, `handshakeDown`: after so many bytes of ciphertext from the client, or to it.
 * - `connected`: right after the TLS handshake.
 * - `request`: after so many bytes of the decrypted request went on to the API; -1 is all but the last.
 * - `received`: the whole request was read, and nothing of it went on.
 * - `delivered`: the whole request went on, and the client's connection ends without waiting for the API.
 * - `response`: after so many bytes of the decrypted answer; 0 is after the API processed the request.
 */
export type Fault = {
  readonly end: End
  /** Which request on the connection it meets, 0 for the first. @default 0 */
  readonly on?: number
} & (
  | { readonly at: 'accept' | 'connected' | 'received' | 'delivered' }
  | { readonly at: 'handshakeUp' | 'handshakeDown' | 'request' | 'response'; readonly bytes: number }
)

/** Answers in the place of the API, before or after the API processed the request. */
export interface Answer {
  readonly at: 'answer'
  readonly on?: number
  /** The whole answer as bytes on the wire. */
  readonly raw: string
  /** Whether the API saw and answered the request. */
  readonly isProcessed: boolean
}

/** What happens to each connection in turn; the ones after the last are left in peace. */
export type Script = readonly (Fault | Answer | undefined)[]

/** Where the API listens. */
export interface Upstream {
  readonly port: number
  readonly ca: string
}

/** A server between client and API that breaks connections at an exact byte. */
export interface Front {
  readonly url: string
  /** Settles when the script's first fault happens. */
  readonly reached: Promise<void>
  /** Connections that have fallen silent. */
  readonly stalls: number
  /** TCP connections that were made. */
  readonly connections: number
  /** Bytes of the last whole request and of the answer to it. */
  readonly bytes: { readonly request: number; readonly response: number }
  /** Ends every idle connection that a client keeps, at once. */
  endIdle(end: 'fin' | 'reset'): void
  /** Ends the clients' connections, waits until the API has dealt with what it got, and stops. */
  close(): Promise<void>
}

/** Starts a front on its own port, so that any number of them can run at once. */
export async function startFront(upstream: Upstream, context: SecureContext, script: Script): Promise<Front> {
  let connections = 0
  let stalls = 0
  const bytes = { request: 0, response: 0 }
  let onReached = (): void => {}
  const reached = new Promise<void>((resolve) => {
    onReached = resolve
  })
  const clients = new Set<Link>()
  const backends = new Set<Socket>()

  const server = createServer({ noDelay: true }, (raw) => {
    const step = script[connections]
    connections += 1
    raw.on('error', ignore)
    const link: Link = { raw, isBusy: false }
    clients.add(link)
    raw.on('close', () => clients.delete(link))
    if (step?.at === 'accept') return end(raw, step.end)
    if (step?.at === 'handshakeUp' || step?.at === 'handshakeDown') return relayCiphertext(raw, step)
    terminate(raw, step, link)
  })

  function end(raw: Socket, how: End): void {
    onReached()
    if (how === 'fin') raw.end()
    if (how === 'reset') raw.resetAndDestroy()
    // A stalled connection still reads, so that the client's side of it is never what ends it.
    if (how === 'stall') {
      stalls += 1
      raw.resume()
    }
  }

  /** The client speaks TLS with the API itself; the bytes between them are counted. */
  function relayCiphertext(raw: Socket, step: Fault & { readonly bytes: number }): void {
    const backend = track(netConnect(upstream.port, '127.0.0.1'))
    let isOver = false
    const pump = (from: Socket, to: Socket, limit: number): void => {
      let passed = 0
      from.on('data', (chunk) => {
        if (isOver) return
        const part = chunk.subarray(0, limit - passed)
        passed += part.length
        if (part.length > 0) to.write(part)
        if (passed < limit) return
        isOver = true
        backend.end()
        setImmediate(() => end(raw, step.end))
      })
      from.on('close', () => isOver || to.end())
    }
    raw.on('close', () => backend.end())
    pump(raw, backend, step.at === 'handshakeUp' ? step.bytes : Number.POSITIVE_INFINITY)
    pump(backend, raw, step.at === 'handshakeDown' ? step.bytes : Number.POSITIVE_INFINITY)
  }

  /** The client speaks TLS with the front, which sees the HTTP in clear. */
  function terminate(raw: Socket, step: Script[number], link: Link): void {
    const client = new TLSSocket(raw, { isServer: true, secureContext: context })
    client.on('error', ignore)
    let backend: Socket | undefined
    let pending = Buffer.alloc(0)
    let isOver = false
    let index = 0
    let answered = 0

    const finish = (how: End, last?: Buffer): void => {
      isOver = true
      const close = (): void => {
        if (how === 'fin') {
          onReached()
          client.end()
        } else end(raw, how)
      }
      // What went on whole is left to be processed; the answer to it ends the connection to the API.
      if (current()?.at !== 'delivered') backend?.end()
      if (last && last.length > 0) client.write(last, () => setImmediate(close))
      else close()
    }
    const upstreamSocket = (): Socket => {
      if (backend) return backend
      backend = track(tlsConnect({ port: upstream.port, host: '127.0.0.1', servername: 'localhost', ca: upstream.ca }))
      backend.on('data', onAnswer)
      backend.on('end', () => isOver || client.end())
      return backend
    }
    /** The step of the script, while the request that it is for is under way. */
    const current = () => (step && (step.on ?? 0) === index ? step : undefined)
    const onAnswer = (chunk: Buffer): void => {
      if (isOver) {
        backend?.end()
        return
      }
      link.isBusy = false
      const before = answered
      answered += chunk.length
      bytes.response = answered
      const now = current()
      if (now?.at === 'answer') finish('fin', Buffer.from(now.raw, 'latin1'))
      else if (now?.at === 'response' && answered >= now.bytes) finish(now.end, chunk.subarray(0, now.bytes - before))
      else client.write(chunk)
    }
    const onRequest = (request: Buffer): void => {
      const now = current()
      if (now?.at === 'received') finish(now.end)
      else if (now?.at === 'answer' && !now.isProcessed) finish('fin', Buffer.from(now.raw, 'latin1'))
      else {
        bytes.request = request.length
        upstreamSocket().write(request)
        if (now?.at === 'delivered') finish(now.end)
      }
    }

    client.on('secure', () => {
      if (step?.at === 'connected') finish(step.end)
    })
    client.on('data', (chunk: Buffer) => {
      if (isOver) return
      if (!link.isBusy && answered > 0) {
        index += 1
        answered = 0
      }
      link.isBusy = true
      pending = Buffer.concat([pending, chunk])
      const length = messageLength(pending)
      const now = current()
      if (now?.at === 'request') {
        const limit = now.bytes < 0 ? (length ?? Number.POSITIVE_INFINITY) + now.bytes : now.bytes
        if (pending.length >= limit) {
          if (limit > 0) upstreamSocket().write(pending.subarray(0, limit))
          finish(now.end)
          return
        }
      }
      if (length === undefined || pending.length < length) return
      const request = pending.subarray(0, length)
      pending = pending.subarray(length)
      onRequest(request)
    })
    client.on('close', () => isOver || backend?.end())
  }

  function track(socket: Socket): Socket {
    backends.add(socket)
    socket.setNoDelay(true)
    socket.on('error', ignore)
    socket.on('close', () => backends.delete(socket))
    return socket
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `https://127.0.0.1:${port}`,
    reached,
    get stalls() {
      return stalls
    },
    get connections() {
      return connections
    },
    bytes,
    endIdle(how) {
      for (const { raw, isBusy } of clients) if (!isBusy) how === 'fin' ? raw.end() : raw.resetAndDestroy()
    },
    async close() {
      server.close()
      for (const { raw } of clients) raw.destroy()
      await Promise.all([...backends].map((socket) => (socket.closed ? undefined : once(socket.end(), 'close'))))
    },
  }
}

interface Link {
  readonly raw: Socket
  isBusy: boolean
}

/** Length of the request that a buffer begins with, once its head is there. */
function messageLength(buffer: Buffer): number | undefined {
  const end = buffer.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = /\r\ncontent-length: (\d+)/i.exec(buffer.subarray(0, end).toString('latin1'))
  return end + 4 + Number(length?.[1] ?? 0)
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

function ignore(): void {}
