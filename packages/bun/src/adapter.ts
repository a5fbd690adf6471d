import { type Adapter, ConfigurationError, createDefaultKey, readBaseURL, refuseProxiedLoopback } from '@ob/core'
import { readVariable } from './env-key.ts'
import { fileKey } from './file-key.ts'
import { createBunTransport, type TransportOptions } from './transport.ts'

/** What Bun adds to the engine. */
export const bunAdapter: Adapter = Object.freeze({
  name: 'bun',
  createTransport: (options: TransportOptions) => createBunTransport(options),
  keySource: (api) => createDefaultKey(api, readVariable, fileKey),
  baseURL: (api) => readBaseURL(api, readVariable),
  guard(url) {
    refuseProxiedLoopback(url, readVariable)
    if (url.startsWith('https:') && readVariable('NODE_TLS_REJECT_UNAUTHORIZED') === '0') {
      throw new ConfigurationError({
        message:
          'NODE_TLS_REJECT_UNAUTHORIZED=0 switches the check of certificates off, and the key would go to anybody',
        hint: 'Unset it, and give the certificate authority of your server as `ca`.',
      })
    }
  },
} satisfies Adapter)
