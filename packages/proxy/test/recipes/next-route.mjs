import { createProxy } from '@ob/proxy'
import { options } from './options.mjs'

const proxy = createProxy(options)

// The URL that Next.js gives is the address that it listens on; which site was asked for says the Host.
const handle = (request) => {
  const { protocol, pathname, search } = new URL(request.url)
  return proxy(new Request(`${protocol}//${request.headers.get('host')}${pathname}${search}`, request))
}

export { handle as GET, handle as POST }
