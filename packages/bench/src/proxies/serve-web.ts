import { announce } from './order.ts'

type Handler = (request: Request, info: { remoteAddress: string }) => Promise<Response>

interface WebRuntimes {
  readonly Deno?: {
    serve(
      options: { port: number; hostname: string; onListen(address: { port: number }): void },
      handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response>,
    ): unknown
  }
  readonly Bun?: {
    serve(options: {
      port: number
      hostname: string
      fetch(request: Request, server: { requestIP(request: Request): { address: string } | null }): Promise<Response>
    }): { port: number }
  }
}

/** Serves a Web handler on the runtime's own server. */
export function serveWeb(handler: Handler): void {
  const { Deno, Bun } = globalThis as WebRuntimes
  const hostname = '127.0.0.1'
  if (Deno) {
    Deno.serve({ port: 0, hostname, onListen: ({ port }) => announce(port) }, (request, info) =>
      handler(request, { remoteAddress: info.remoteAddr.hostname }),
    )
  } else if (Bun) {
    const { port } = Bun.serve({
      port: 0,
      hostname,
      fetch: (request, server) => handler(request, { remoteAddress: server.requestIP(request)?.address ?? '' }),
    })
    announce(port)
  } else {
    throw new Error('this proxy is for Deno and Bun')
  }
}
