import { ConfigurationError, refuseProxiedLoopback } from '@ob/core'
import { mayRead, mayReadAll } from './env-key.ts'
import { deno } from './runtime.ts'

/** What Deno's `fetch` reads for plain HTTP, whether the program may read it or not. */
const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy']

/**
 * Refuses a plain-HTTP request that the process's environment would give to a proxy, or might.
 *
 * @throws {ConfigurationError}
 */
export function refuseUnsafeEnvironment(url: string): void {
  if (!url.startsWith('http:')) return
  if (!mayReadAll() && !PROXY_VARIABLES.every(mayRead)) {
    throw new ConfigurationError({
      message: 'a proxy variable may send this request, and the key in clear, to a proxy, and none may be read',
      hint: `Run Deno with --allow-env=${PROXY_VARIABLES.join(',')}, or use https.`,
    })
  }
  refuseProxiedLoopback(url, (name) => (/^no_proxy$/i.test(name) ? readExceptions(name) : deno().env.get(name)))
}

/** The exceptions that Deno honours: names in lower case and bare addresses; no `*`, no port and no brackets (measured on 2.9.6). */
function readExceptions(name: string): string | undefined {
  const entries = deno().env.get(name)?.split(',') ?? []
  return entries.filter((entry) => /^\s*(?:[a-z\d.-]+|[a-f\d]*:[a-f\d:]*:[a-f\d:.]*)\s*$/.test(entry)).join(',')
}
