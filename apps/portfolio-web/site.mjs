import { join } from 'node:path'
import sirv from 'sirv'
import { giveSession } from './session.mjs'

/** What the page may load and who may frame it: only itself, and nobody. No inline script or style is needed. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/**
 * Serves the built page as a `(request, response)` handler, and gives whoever opens it a session.
 *
 * @param sessions from `createSessions`
 * @param folder the built page. @default `dist` beside this file
 */
export function createSite(sessions, folder = join(import.meta.dirname, 'dist')) {
  // Read once: a file that is put there later is not served.
  const serve = sirv(folder, {
    etag: true,
    setHeaders(response, path) {
      const isHashed = path.startsWith('/assets/')
      response.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  return (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    giveSession(sessions, request, response)
    serve(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
      response.end('Not found\n')
    })
  }
}
