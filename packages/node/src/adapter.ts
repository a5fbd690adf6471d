import { channel } from 'node:diagnostics_channel'
import { type Adapter, type Api, ConfigurationError } from '@ob/core'
import { envKey } from './env-key.ts'
import { fileKey } from './file-key.ts'
import { createNodeTransport, type TransportOptions } from './transport.ts'

/** Every event of every client, for whoever subscribes. */
const events = channel('onebalance:request')

/** What Node.js adds to the engine. */
export const nodeAdapter: Adapter = Object.freeze({
  name: 'node',
  createTransport: (options: TransportOptions) => createNodeTransport(options),
  keySource: ({ keyEnv }: Api) => {
    const fromEnvironment = envKey(keyEnv)
    return (question: { readonly rejected: boolean }) => {
      const path = process.env[`${keyEnv}_FILE`]
      if (process.env[keyEnv] || !path) return fromEnvironment(question)
      return fileKey(path)(question)
    }
  },
  baseURL: ({ keyEnv }: Api) => process.env[`${keyEnv.replace(/_API_KEY$/, '')}_BASE_URL`] || undefined,
  guard(url: string) {
    if (url.startsWith('https:') && process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
      throw new ConfigurationError({
        message:
          'NODE_TLS_REJECT_UNAUTHORIZED=0 switches the check of certificates off, and the key would go to anybody',
        hint: 'Unset it, and give the certificate authority of your server as `ca`.',
      })
    }
  },
  onEvent: (event: unknown) => {
    if (events.hasSubscribers) events.publish(event)
  },
})
