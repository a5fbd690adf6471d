import { type Adapter, createDefaultKey, readBaseURL, refuseProxiedLoopback } from '@ob/core'
import { explainDenial, readVariable } from './env-key.ts'
import { fileKey } from './file-key.ts'
import { createDenoTransport, type TransportOptions } from './transport.ts'

/** What Deno adds to the engine. */
export const denoAdapter: Adapter = Object.freeze({
  name: 'deno',
  createTransport: (options: TransportOptions) => createDenoTransport(options),
  keySource: (api) => explainDenial(api.keyEnv, createDefaultKey(api, readVariable, fileKey)),
  baseURL: (api) => readBaseURL(api, readVariable),
  guard: (url) => refuseProxiedLoopback(url, readVariable),
} satisfies Adapter)
