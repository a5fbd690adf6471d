import { createProxy } from '@ob/proxy'
import { options } from './options.mjs'

const proxy = createProxy(options)

export const server = Deno.serve({ port: Number(Deno.env.get('PORT')) }, (request, { remoteAddr }) =>
  proxy(request, { remoteAddress: remoteAddr.hostname }),
)
