import { channel } from 'node:diagnostics_channel'
import { type Adapter, ConfigurationError, createDefaultKey, type Event, readBaseURL } from '@ob/core'
import { readVariable } from './env-key.ts'
import { fileKey } from './file-key.ts'
import { createNodeTransport, type TransportOptions } from './transport.ts'

/** Every event of every client, for whoever subscribes. */
const events = channel('onebalance:request')

/** What Node.js adds to the engine. */
export const nodeAdapter: Adapter = Object.freeze({
  name: 'node',
  createTransport: (options: TransportOptions) => createNodeTransport(options),
  keySource: (api) => createDefaultKey(api, readVariable, fileKey),
  baseURL: (api) => readBaseURL(api, readVariable),
  guard(url) {
    if (url.startsWith('https:') && readVariable('NODE_TLS_REJECT_UNAUTHORIZED') === '0') {
      throw new ConfigurationError({
        message:
          'NODE_TLS_REJECT_UNAUTHORIZED=0 switches the check of certificates off, and the key would go to anybody',
        hint: 'Unset it, and give the certificate authority of your server as `ca`.',
      })
    }
  },
  onEvent(event: Event) {
    if (events.hasSubscribers) events.publish(event)
  },
} satisfies Adapter)
