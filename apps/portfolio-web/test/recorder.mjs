import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** Passes TCP connections on to a server, and keeps every byte that comes back from it. */
export async function startRecorder(target) {
  const { hostname, port } = new URL(target)
  const received = []
  const sockets = new Set()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    far.on('data', (chunk) => received.push(chunk))
    near.pipe(far)
    far.pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Everything so far, as Latin-1: a character is a byte. */
    text: () => Buffer.concat(received).toString('latin1'),
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
