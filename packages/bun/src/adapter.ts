import { type Adapter, createDefaultKey, readBaseURL } from '@ob/core'
import { readVariable } from './env-key.ts'
import { fileKey } from './file-key.ts'
import { refuseUnsafeEnvironment } from './guard.ts'
import { createBunTransport, type TransportOptions } from './transport.ts'

/** What Bun adds to the engine. */
export const bunAdapter: Adapter = Object.freeze({
  name: 'bun',
  createTransport: (options: TransportOptions) => createBunTransport(options),
  keySource: (api) => createDefaultKey(api, readVariable, fileKey),
  baseURL: (api) => readBaseURL(api, readVariable),
  guard: refuseUnsafeEnvironment,
} satisfies Adapter)
