import { type Adapter, createDefaultKey, readBaseURL } from '@ob/core'
import { explainDenial, readVariable } from './env-key.ts'
import { fileKey } from './file-key.ts'
import { refuseUnsafeEnvironment } from './guard.ts'
import { createDenoTransport, type TransportOptions } from './transport.ts'

/** What Deno adds to the engine. */
export const denoAdapter: Adapter = Object.freeze({
  name: 'deno',
  createTransport: (options: TransportOptions) => createDenoTransport(options),
  keySource(api) {
    const source = createDefaultKey(api, readVariable, fileKey)
    const explained = explainDenial(api.keyEnv, source)
    // With a file there is no need for the other variable, and the file's own error says more.
    return (question) => (readVariable(`${api.keyEnv}_FILE`) ? source : explained)(question)
  },
  baseURL: (api) => readBaseURL(api, readVariable),
  guard: refuseUnsafeEnvironment,
} satisfies Adapter)
