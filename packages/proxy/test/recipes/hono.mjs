import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createProxy } from '@ob/proxy'
import { Hono } from 'hono'
import { options } from './options.mjs'

const app = new Hono()
const proxy = createProxy(options)
app.all('/onebalance/*', (c) => proxy(c.req.raw, { remoteAddress: getConnInfo(c).remote.address }))

export const server = serve({ fetch: app.fetch, port: Number(process.env.PORT) })
