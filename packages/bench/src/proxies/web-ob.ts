import { createProxy } from '@ob/proxy'
import { toProxyOptions } from './ob-options.ts'
import { readOrder } from './order.ts'
import { serveWeb } from './serve-web.ts'

serveWeb(createProxy(toProxyOptions(readOrder())))
