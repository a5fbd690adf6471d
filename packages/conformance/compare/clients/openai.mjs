// openai's "undocumented endpoints": `client.get` and `client.post`, its own Authorization header switched off with `null`. It sends a
// POST again by itself; `maxRetries: 0` for one request is its documented switch.
import OpenAI from 'openai'

export const client = {
  name: 'openai',
  package: 'openai',
  setup: '`baseURL`, `defaultHeaders` (`Authorization: null`), `timeout`; a POST that executes with `maxRetries: 0`',
  lacks: [],
  create({ baseURL, apiKey, timeout }) {
    const instance = new OpenAI({
      baseURL,
      apiKey,
      defaultHeaders: { 'x-api-key': apiKey, Authorization: null },
      timeout,
    })
    return {
      client: instance,
      get: (path, { signal } = {}) => instance.get(path, { signal }),
      post: (path, body, { signal, once } = {}) =>
        instance.post(path, { body, signal, ...(once && { maxRetries: 0 }) }),
    }
  },
}
