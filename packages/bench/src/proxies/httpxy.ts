import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyServer } from 'httpxy'
import { announce, MOUNT, readOrder } from './order.ts'

const { upstream, prefix, key } = readOrder()
const proxy = createProxyServer({ target: upstream, headers: { 'x-api-key': key } })
const server = createServer((request, response) => {
  request.url = prefix + (request.url ?? '').slice(MOUNT.length)
  proxy.web(request, response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port))
