// An API that a test makes hostile: TLS on loopback, the requests as they came, and answers written byte by byte.
import { once } from 'node:events'
import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import { generate } from 'selfsigned'

/** One request as the API received it, whole. */
export interface Delivery {
  readonly method: string
  readonly target: string
  /** As they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Answers one request: text as it goes over the wire, or a function that writes it, or nothing for no answer. */
export type Answerer = (delivery: Delivery, socket: Socket) => string | undefined | Promise<string | undefined>

export interface Upstream {
  readonly url: string
  readonly ca: string
  readonly deliveries: Delivery[]
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>
  /** How requests are answered from now on. @default JSON `[]` */
  answer: Answerer
  /** Resolves when so many requests have arrived in all. */
  arrived(count: number): Promise<void>
  /** Resolves when no connection is open. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** Writes an answer with a length. */
export function reply(
  body: string,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): string {
  const lines = Object.entries({
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body, 'latin1')),
    ...headers,
  })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n${body}`
}

/** The head of an answer that comes in chunks. */
export const CHUNKED_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'

/** One chunk. */
export function chunk(text: string): string {
  return `${Buffer.byteLength(text, 'latin1').toString(16)}\r\n${text}\r\n`
}

/** Starts it. `isPlain`: without TLS, for a thousand connections at once. */
export async function startUpstream({ isPlain = false } = {}): Promise<Upstream> {
  const { ca, cert, key } = await createCertificate()
  const deliveries: Delivery[] = []
  const sockets = new Set<Socket>()
  const waiters = new Set<() => void>()
  const changed = (): void => {
    for (const waiter of [...waiters]) waiter()
  }
  const until = (isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isTrue()) return
        waiters.delete(check)
        resolve()
      }
      waiters.add(check)
      check()
    })
  const accept = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      changed()
    })
    serve(socket)
  }
  const serve = (socket: Socket): void => {
    let rest = ''
    socket.setEncoding('latin1')
    socket.on('data', (data: string) => {
      rest += data
      for (;;) {
        const [delivery, next] = readRequest(rest)
        if (!delivery) return
        rest = next
        deliveries.push(delivery)
        changed()
        void Promise.resolve(upstream.answer(delivery, socket)).then((text) => {
          if (text !== undefined && socket.writable) socket.write(text, 'latin1')
        })
      }
    })
  }
  const server = isPlain
    ? createPlainServer(accept)
    : createServer({ cert, key, ALPNProtocols: ['http/1.1'] }, accept).on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream: Upstream = {
    url: `${isPlain ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca,
    deliveries,
    sockets,
    answer: () => reply('[]'),
    arrived: (count) => until(() => deliveries.length >= count),
    idle: () => until(() => sockets.size === 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return upstream
}

function readRequest(text: string): [Delivery | undefined, string] {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return [undefined, text]
  const [line = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const [method = '', target = ''] = line.split(' ')
  const headers = lines.map((one) => {
    const at = one.indexOf(':')
    return [one.slice(0, at).toLowerCase(), one.slice(at + 1).trim()] as const
  })
  const size = Number(headers.find(([name]) => name === 'content-length')?.[1] ?? 0)
  const bodyEnd = headEnd + 4 + size
  if (text.length < bodyEnd) return [undefined, text]
  return [{ method, target, headers, body: text.slice(headEnd + 4, bodyEnd) }, text.slice(bodyEnd)]
}

async function createCertificate(): Promise<{ ca: string; cert: string; key: string }> {
  const options = { algorithm: 'sha256', keyType: 'ec', curve: 'P-256' } as const
  const authority = await generate([{ name: 'commonName', value: 'Hostile authority' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  })
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...options,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  })
  return { ca: authority.cert, cert: leaf.cert, key: leaf.private }
}
