import { channel } from 'node:diagnostics_channel'
import { type Adapter, createDefaultKey, type Event, readBaseURL } from '@ob/core'
import { readVariable } from './env-key.ts'
import { fileKey } from './file-key.ts'
import { refuseUnsafeEnvironment } from './guard.ts'
import { createNodeTransport, type TransportOptions } from './transport.ts'

/** Every event of every client, for whoever subscribes. */
const events = channel('onebalance:request')

/** What Node.js adds to the engine. */
export function createNodeAdapter(options: TransportOptions | undefined): Adapter {
  const isProxied = options?.proxy === true
  return {
    name: 'node',
    createTransport: (checked: TransportOptions) => createNodeTransport(checked),
    keySource: (api) => createDefaultKey(api, readVariable, fileKey),
    baseURL: (api) => readBaseURL(api, readVariable),
    guard: (url) => refuseUnsafeEnvironment(url, isProxied),
    // Looked up for each event, so that none is made for nobody.
    get onEvent() {
      return events.hasSubscribers ? publish : undefined
    },
  }
}

function publish(event: Event): void {
  events.publish(event)
}
