// ofetch by its README. It does not send a POST again by itself. `parseResponse: JSON.parse` is its documented way to strict JSON.
import { ofetch } from 'ofetch'

export const client = {
  name: 'ofetch',
  package: 'ofetch',
  setup: '`baseURL`, `headers`, `timeout`, `parseResponse: JSON.parse`',
  lacks: [],
  create({ baseURL, apiKey, timeout }) {
    const instance = ofetch.create({
      baseURL,
      headers: { 'x-api-key': apiKey },
      timeout,
      parseResponse: JSON.parse,
    })
    return {
      client: instance,
      get: (path, { signal } = {}) => instance(path, { signal }),
      post: (path, body, { signal, once } = {}) =>
        instance(path, { method: 'POST', body, signal, ...(once && { retry: 0 }) }),
    }
  },
}
