import { serveProxy } from '@ob/proxy/node'
import { toProxyOptions } from './ob-options.ts'
import { announce, readOrder } from './order.ts'

const { url } = await serveProxy({ ...toProxyOptions(readOrder()), hostname: '127.0.0.1', port: 0 })
announce(Number(new URL(url).port))
