import { createProxy } from '@ob/proxy'
import { options } from './options.mjs'

const proxy = createProxy(options)

export const server = Bun.serve({
  port: process.env.PORT,
  fetch: (request, server) => proxy(request, { remoteAddress: server.requestIP(request)?.address }),
})
