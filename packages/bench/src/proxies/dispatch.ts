// The floor: node:http to undici's dispatcher, streamed, with no check of anything.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { announce, MOUNT, readOrder } from './order.ts'

const { upstream, prefix, key } = readOrder()
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
const server = createServer((request, response) => {
  agent.dispatch(
    {
      origin: upstream,
      path: prefix + (request.url ?? '').slice(MOUNT.length),
      method: 'GET',
      headers: { accept: 'application/json', 'x-api-key': key },
    },
    {
      onRequestStart() {},
      onResponseStart(controller, status, headers) {
        response.writeHead(status, {
          'content-type': headers['content-type'] as string,
          'content-length': headers['content-length'] as string,
        })
        response.on('drain', () => controller.resume())
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause()
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    } satisfies Dispatcher.DispatchHandler,
  )
})
server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port))
