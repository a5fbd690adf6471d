// What can happen to an answer between a proxy and a page.
import { setImmediate } from 'node:timers/promises'

const ENDS = {
  fin: (socket) => socket.end(),
  rst: (socket) => socket.resetAndDestroy(),
  408: (socket) => socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
  421: (socket) => socket.end('HTTP/1.1 421 Misdirected Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
  half: (socket) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n["the an'),
}

/** Lets this answer go wrong as `WayBack` in src/server.ts says; `deliveries()` tells how many requests the API has. */
export function breakAnswer(response, wayBack, deliveries) {
  if (wayBack === 'fine') return
  const [fault, isEarly] = wayBack.split('-')
  const { socket } = response
  const end = () => {
    ENDS[fault](socket)
    return response
  }
  response.writeHead = () => response
  response.write = () => true
  response.end = end
  if (isEarly) void endOnceDelivered(socket, end, deliveries)
}

/** When the API has the request, which it answers after a while; or when it never had it, with the proxy's own answer. */
async function endOnceDelivered(socket, end, deliveries) {
  const before = await deliveries()
  while (!socket.destroyed && (await deliveries()) === before) await setImmediate()
  end()
}
