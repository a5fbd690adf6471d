// A server that closes after its answer and does not say so. The client is a process of its own: in one loop with the server it would
// hear everything in time.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { runNode } from './helpers/child.ts'
import { httpAnswer } from './helpers/raw-server.ts'

const CALLS = 200

test('the next request waits until it would have heard, and is not sent into the end of a connection', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.end(httpAnswer(200, '{}')))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { stdout } = await runNode(
      `
      import { createClient } from '@ob/node'
      const client = createClient({ baseURL: process.env.BASE_URL, allowInsecureLoopback: true, apiKey: null })
      let lost = 0
      for (let n = 0; n < ${CALLS}; n += 1)
        await client.request('POST', '/api/move', { body: {} }).catch(() => { lost += 1 })
      await client.close()
      console.log(lost)`,
      { BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    )
    // Without that wait every second one is lost; with it, one now and then whose server is slower than a turn of the event loop.
    expect(Number(stdout)).toBeLessThan(CALLS / 4)
  } finally {
    server.close()
  }
})
