import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'

/** Requests that wait for a connection. */
export interface Waiting {
  /** A request begins to wait. Returns what to call when it does not wait any more, for whatever reason. */
  begin(): () => void
}

/**
 * Makes connections, and drops those under way that no request waits for any more. undici keeps them until they are made or time out,
 * and `close()` and the process with them: ten seconds after an abort, if the server does not answer.
 */
export function createConnect(connector: buildConnector.connector): {
  connect: buildConnector.connector
  waiting: Waiting
} {
  const connecting = new Set<Socket>()
  let count = 0
  return {
    connect(options, callback) {
      // undici's connector returns the socket, which its types do not say.
      const socket = connector(options, (...result) => {
        connecting.delete(socket)
        callback(...result)
      }) as unknown as Socket
      connecting.add(socket)
    },
    waiting: {
      begin() {
        let isWaiting = true
        count += 1
        return () => {
          if (!isWaiting) return
          isWaiting = false
          count -= 1
          if (count === 0)
            for (const socket of connecting) socket.destroy(new Error('no request waits for this connection any more'))
        }
      },
    },
  }
}
