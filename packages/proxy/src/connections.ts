import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The answers that are under way, by connection. */
export interface Connections {
  /** Answers that have not been handed to the system whole. */
  readonly underWay: number
  /** The answers that are under way on one connection, in the order of their requests. */
  on(socket: Socket): readonly ServerResponse[]
  /** Calls `leave` when the connection closes before the answer has been sent whole. */
  add(response: ServerResponse, leave: () => void): void
  /** Calls `run` whenever the last answer under way is over. */
  onIdle(run: () => void): void
}

interface Entry {
  readonly response: ServerResponse
  readonly leave: () => void
}

/**
 * Watches connections. Of several answers that wait for their turn on one (pipelining), node:http tells only the first that the caller is
 * gone; the requests of all others would run on, and keep their places.
 */
export function createConnections(): Connections {
  const bySocket = new WeakMap<Socket, Entry[]>()
  const runs: (() => void)[] = []
  let underWay = 0
  const ended = (count: number): void => {
    underWay -= count
    if (count > 0 && underWay === 0) for (const run of runs) run()
  }
  const watch = (socket: Socket): Entry[] => {
    const entries: Entry[] = []
    bySocket.set(socket, entries)
    socket.once('close', () => {
      const rest = entries.splice(0)
      for (const { leave } of rest) leave()
      ended(rest.length)
    })
    return entries
  }
  return {
    get underWay() {
      return underWay
    },
    on: (socket) => (bySocket.get(socket) ?? []).map(({ response }) => response),
    add(response, leave) {
      const { socket } = response.req
      if (socket.destroyed) return leave()
      const entries = bySocket.get(socket) ?? watch(socket)
      const entry = { response, leave }
      entries.push(entry)
      underWay += 1
      response.on('finish', () => {
        const place = entries.indexOf(entry)
        if (place < 0) return
        entries.splice(place, 1)
        ended(1)
      })
    },
    onIdle: (run) => void runs.push(run),
  }
}
