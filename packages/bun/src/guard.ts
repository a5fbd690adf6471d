import { ConfigurationError, refuseProxiedLoopback } from '@ob/core'
import { readVariable } from './env-key.ts'

/**
 * Refuses a request that the process's environment would give to others: plain HTTP by a proxy, HTTPS without the check of certificates.
 *
 * @throws {ConfigurationError}
 */
export function refuseUnsafeEnvironment(url: string): void {
  refuseProxiedLoopback(url, (name) => (name === 'NO_PROXY' ? readExceptions() : readVariable(name)))
  if (url.startsWith('https:') && readVariable('NODE_TLS_REJECT_UNAUTHORIZED') === '0') {
    throw new ConfigurationError({
      message: 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches the check of certificates off, and the key would go to anybody',
      hint: 'Unset it, and give the certificate authority of your server as `ca`.',
    })
  }
}

/** Where both are set, Bun goes by the lower-case one (measured on 1.4.5). */
function readExceptions(): string | undefined {
  return readVariable('no_proxy') || readVariable('NO_PROXY')
}
