import { createProxy } from '@ob/proxy'
import { options } from './options.mjs'

const proxy = createProxy(options)

export const GET = (request) => proxy(request)
export const POST = (request) => proxy(request)
