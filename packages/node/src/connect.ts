import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'

/** Requests that wait for a connection. */
export interface Waiting {
  /** A request begins to wait. */
  enter(): void
  /** A request does not wait any more, for whatever reason. Called once for each that entered. */
  leave(): void
}

/**
 * Makes connections, but none that no request waits for. undici keeps one under way until it is made or times out, and `close()` and
 * the process with it, for ten seconds if the server does not answer; and it makes a new one for a request that was aborted.
 */
export function createConnect(connector: buildConnector.connector): {
  connect: buildConnector.connector
  waiting: Waiting
} {
  const connecting = new Set<Socket>()
  let count = 0
  return {
    connect(options, callback) {
      if (count === 0) {
        process.nextTick(callback, notNeeded(), null)
        return
      }
      // undici's connector returns the socket, which its types do not say.
      const socket = connector(options, (...result) => {
        connecting.delete(socket)
        callback(...result)
      }) as unknown as Socket
      connecting.add(socket)
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

function notNeeded(): Error {
  return new Error('no request waits for this connection')
}
