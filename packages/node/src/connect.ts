import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { buildConnector } from 'undici'

/** Requests that wait for a connection. */
export interface Waiting {
  /** A request begins to wait. */
  enter(): void
  /** A request does not wait any more, for whatever reason. Called once for each that entered. */
  leave(): void
}

/** What undici's own connector gives a connection, TLS included, in milliseconds. */
const CONNECT_TIMEOUT = 10_000
const KEEP_ALIVE_DELAY = 60_000
/** As of Node 22; before that it is a quarter. */
const TCP_BUFFER = { highWaterMark: 65_536 }

/**
 * Makes connections, but none that no request waits for. undici's own connector, which only its package exports, keeps one under way
 * until it is made or times out, and `close()` and the process with it, for ten seconds if the server does not answer; and undici asks
 * for a new one for a request that was aborted.
 */
export function createConnect(trust: Pick<ConnectionOptions, 'ca'>): {
  connect: buildConnector.connector
  waiting: Waiting
} {
  const open = createOpen(trust)
  const connecting = new Set<Socket>()
  let count = 0
  return {
    connect(options, callback) {
      if (count === 0) {
        process.nextTick(callback, notNeeded(), null)
        return
      }
      const socket = open(options)
      connecting.add(socket)
      let isSettled = false
      const settle = (error: Error | null): void => {
        if (isSettled) return
        isSettled = true
        clearTimeout(timer)
        connecting.delete(socket)
        if (error) callback(error, null)
        else callback(null, socket)
      }
      // After a turn of the event loop, so that a connection that was made while the process was busy counts as made.
      const timer = setTimeout(() => setImmediate(() => isSettled || socket.destroy(timedOut())), CONNECT_TIMEOUT)
      socket
        .setKeepAlive(true, KEEP_ALIVE_DELAY)
        .setNoDelay(true)
        .once(options.protocol === 'https:' ? 'secureConnect' : 'connect', () => settle(null))
        .on('error', settle)
    },
    waiting: {
      enter() {
        count += 1
      },
      leave() {
        count -= 1
        if (count === 0) for (const socket of connecting) socket.destroy(notNeeded())
      },
    },
  }
}

/** Opens sockets as undici does, with HTTP/1.1 and nothing else. A host's last TLS session makes its next handshake shorter. */
function createOpen(trust: Pick<ConnectionOptions, 'ca'>): (options: buildConnector.Options) => Socket {
  let last: { readonly peer: string; readonly session: Buffer } | undefined
  return ({ hostname, protocol, port, servername, localAddress }) => {
    const isSecure = protocol === 'https:'
    const address = {
      host: hostname,
      port: Number(port) || (isSecure ? 443 : 80),
      ...(typeof localAddress === 'string' && { localAddress }),
    }
    if (!isSecure) return connectTcp({ ...address, ...TCP_BUFFER })
    // An address is no name that a server could be asked for (RFC 6066, section 3); the certificate is checked against it all the same.
    const name = servername || (isIP(hostname) ? undefined : hostname)
    const peer = `${name ?? hostname}:${address.port}`
    const tls = process.getBuiltinModule('node:tls')
    const socket: TLSSocket = tls.connect({
      ...trust,
      ...address,
      ALPNProtocols: ['http/1.1'],
      ...(name && { servername: name }),
      ...(last?.peer === peer && { session: last.session }),
    })
    return socket.on('session', (session: Buffer) => {
      last = { peer, session }
    })
  }
}

function notNeeded(): Error {
  return new Error('no request waits for this connection')
}

function timedOut(): Error {
  const error = new Error(`no connection within ${CONNECT_TIMEOUT} ms`)
  return Object.assign(error, { name: 'ConnectTimeoutError', code: 'UND_ERR_CONNECT_TIMEOUT' })
}
