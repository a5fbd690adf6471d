// The floor on Deno and Bun: a Web handler on `fetch`, with no check of anything.
import { MOUNT, readOrder } from './order.ts'
import { serveWeb } from './serve-web.ts'

const { upstream, prefix, key } = readOrder()
serveWeb(async (request) => {
  const path = request.url.slice(request.url.indexOf(MOUNT) + MOUNT.length)
  const { status, headers, body } = await fetch(upstream + prefix + path, { headers: { 'x-api-key': key } })
  return new Response(body, { status, headers: { 'content-type': headers.get('content-type') ?? '' } })
})
