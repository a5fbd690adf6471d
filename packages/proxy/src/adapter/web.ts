import { type Adapter, createEnvKey, readBaseURL, webAdapter } from '@ob/core'

/** What a runtime that is not known adds to the engine: its `fetch`, and `process.env` where there is one. */
export function createAdapter(): Adapter {
  return {
    ...webAdapter,
    keySource: (api) => createEnvKey(api.keyEnv, readVariable),
    baseURL: (api) => readBaseURL(api, readVariable),
  }
}

function readVariable(name: string): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name]
}
