import { createProxy } from '@ob/proxy'
import { options } from './options.mjs'

const proxy = createProxy(options)

export const GET = ({ request, getClientAddress }) => proxy(request, { remoteAddress: getClientAddress() })
export const POST = GET
