import { createServer } from 'node:http'
import { createNodeHandler } from '@ob/proxy/node'
import { options } from './options.mjs'

const proxy = createNodeHandler(options)

export const server = createServer((request, response) => {
  if (request.url?.startsWith('/onebalance/')) proxy(request, response)
  else response.end('the site')
}).listen(process.env.PORT)
