import { createNodeHandler } from '@ob/proxy/node'
import Fastify from 'fastify'
import { options } from './options.mjs'

const app = Fastify()
const proxy = createNodeHandler(options)

app.register(async (scope) => {
  scope.removeAllContentTypeParsers() // the proxy reads the body by itself
  scope.addContentTypeParser('*', (_request, _body, done) => done(null))
  scope.all('/onebalance/*', (request, reply) => {
    reply.hijack()
    proxy(request.raw, reply.raw)
  })
})
await app.listen({ port: Number(process.env.PORT) })

export const { server } = app
