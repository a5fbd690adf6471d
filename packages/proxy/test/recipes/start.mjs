// Starts a recipe, serving what only exports handlers, and prints its port.
import process from 'node:process'

const recipe = await import(process.argv[2])
const server = recipe.server ?? (await serveHandlers())
// Deno has `addr`, Bun `port`, and node:http says it when it listens.
if (!server.port && !server.addr && !server.listening) await new Promise((resolve) => server.once('listening', resolve))
console.log(`port ${server.port ?? server.addr?.port ?? server.address().port}`)

/** Calls them as Next.js and SvelteKit do. */
async function serveHandlers() {
  const { serve } = await import('@hono/node-server')
  const callNext = (request) => {
    const { pathname, search } = new URL(request.url)
    return recipe[request.method](new Request(`http://localhost:3000${pathname}${search}`, request))
  }
  const callSvelteKit = (request) => recipe[request.method]({ request, getClientAddress: () => '127.0.0.1' })
  const fetch = process.argv[2].includes('next') ? callNext : callSvelteKit
  return serve({ fetch, port: Number(process.env.PORT) })
}
