import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createCertificate } from './certificate.ts'
import { type Clock, createClock } from './clock.ts'
import { createFaults, type Faults } from './faults.ts'
import { createHandler, type RequestLogEntry } from './handler.ts'
import { createKeyStore, type SandboxKey } from './keys.ts'
import { createRoutes } from './routes.ts'
import { toEndpointName } from './served-endpoints.ts'
import { Wire } from './wire.ts'

/** What {@link startSandbox} takes. */
export interface SandboxOptions {
  /** @default 0, any free one */
  readonly port?: number | undefined
  /** Keys that are accepted beside the generated ones. */
  readonly keys?: readonly SandboxKey[] | undefined
  /** Limits of every key but the public testing key. @default 400 a minute, no limit at once */
  readonly limits?: { readonly perMinute?: number | undefined; readonly concurrent?: number | undefined } | undefined
  /** Decides the opening balances. @default 1 */
  readonly seed?: number | undefined
  /** `false`: plain HTTP. @default true */
  readonly tls?: boolean | undefined
}

/** A running sandbox. */
export interface Sandbox {
  /** Where it listens: `https://127.0.0.1:<port>`. */
  readonly url: string
  /** The certificate authority to trust, PEM. Empty without TLS. */
  readonly ca: string
  /** Keys for this run only: everything, reads only, and one that has expired. */
  readonly keys: { readonly full: string; readonly readOnly: string; readonly expired: string }
  /** Every request that arrived, in order. */
  readonly requests: readonly RequestLogEntry[]
  /** How often each quote was executed: the referee for "never twice". */
  readonly executed: ReadonlyMap<string, number>
  readonly clock: Clock
  readonly faults: Faults
  /** Makes a key invalid from now on. */
  revoke(key: string): void
  /** Ends every connection and stops listening. Nothing stays open. */
  close(): Promise<void>
}

/**
 * Starts a complete OneBalance API on this machine, bound to loopback, over TLS with an authority of its own.
 *
 * @example
 * const sandbox = await startSandbox()
 * const ob = createClient({ apiKey: sandbox.keys.full, baseURL: sandbox.url, ca: sandbox.ca })
 * @throws when the port is taken
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, seed = 1, tls = true } = options
  const clock = createClock()
  const keys = { full: randomKey(), readOnly: randomKey(), expired: randomKey() }
  const limits = {
    perMinute: options.limits?.perMinute ?? 400,
    concurrent: options.limits?.concurrent ?? Number.POSITIVE_INFINITY,
  }
  const keyStore = createKeyStore(
    [
      { key: keys.full },
      { key: keys.readOnly, scopes: ['read'] },
      { key: keys.expired, expiresAt: 0 },
      ...(options.keys ?? []),
    ],
    limits,
    clock,
  )
  const faults = createFaults(toEndpointName)
  const { routes, executed, settle } = createRoutes(seed, clock)
  const requests: RequestLogEntry[] = []
  const http = createHttpServer(
    { keepAliveTimeout: 60_000 },
    createHandler({ clock, keyStore, faults, routes, settle, requests }),
  )
  http.on('clientError', (_, socket) => socket.destroy())

  const sockets = new Set<Socket>()
  const serve = (socket: Socket): void => void http.emit('connection', new Wire(socket, faults.takeRequestCut))
  const certificate = tls ? await createCertificate() : undefined
  const secure =
    certificate && createTlsServer({ cert: certificate.cert, key: certificate.key, ALPNProtocols: ['http/1.1'] }, serve)
  secure?.on('tlsClientError', (_, socket) => socket.destroy())
  const tcp = createTcpServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (!secure) return serve(socket)
    socket.once('data', (first: Buffer) => {
      socket.pause()
      if (first[0] !== TLS_HANDSHAKE) return refusePlainHttp(socket)
      socket.unshift(first)
      secure.emit('connection', socket)
      process.nextTick(() => socket.resume())
    })
  })
  tcp.listen(port, '127.0.0.1')
  await once(tcp, 'listening')

  let closing: Promise<void> | undefined
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(tcp.address() as AddressInfo).port}`,
    ca: certificate?.ca ?? '',
    keys,
    requests,
    executed,
    clock,
    faults,
    revoke: keyStore.revoke,
    close() {
      closing ??= new Promise((resolve) => {
        tcp.close(() => resolve())
        for (const socket of sockets) socket.destroy()
        http.close()
      })
      return closing
    },
  }
}

/** The first byte of a TLS record that begins a handshake (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 0x16

function refusePlainHttp(socket: Socket): void {
  const body = JSON.stringify({
    error: 'UpgradeRequired',
    message: 'HTTPS only: use https:// instead of http://',
    statusCode: 426,
  })
  socket.end(
    `HTTP/1.1 426 Upgrade Required\r\nupgrade: TLS/1.2, HTTP/1.1\r\nconnection: close, upgrade\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  socket.resume()
}

function randomKey(): string {
  return randomBytes(32).toString('hex')
}
