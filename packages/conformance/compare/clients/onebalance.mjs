// The client of this repository. A POST counts as one that executes unless its caller says otherwise, so it needs no switch.
import { createClient } from '@ob/node'

export const client = {
  name: '@ob/node',
  package: undefined,
  setup: '`baseURL`, `apiKey`, `timeout`, `maxResponseBytes`',
  lacks: [],
  create({ baseURL, apiKey, timeout, maxResponseBytes }) {
    const instance = createClient({ baseURL, apiKey, timeout, maxResponseBytes })
    return {
      client: instance,
      get: (path, { signal } = {}) => instance.request('GET', path, { signal }),
      post: (path, body, { signal } = {}) => instance.request('POST', path, { body, signal }),
      close: () => instance.close(),
    }
  },
}
