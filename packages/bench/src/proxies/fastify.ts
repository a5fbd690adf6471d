import httpProxy from '@fastify/http-proxy'
import { fastify } from 'fastify'
import { announce, MOUNT, readOrder } from './order.ts'

const { upstream, prefix, key } = readOrder()
const server = fastify()
await server.register(httpProxy, {
  upstream,
  prefix: MOUNT,
  rewritePrefix: prefix,
  replyOptions: { rewriteRequestHeaders: (_, headers) => ({ ...headers, 'x-api-key': key }) },
})
announce(Number(new URL(await server.listen({ port: 0, host: '127.0.0.1' })).port))
