// ky by its README, which recommends `baseUrl` over `prefix`. It does not send a POST again by itself.
import ky from 'ky'

export const client = {
  name: 'ky',
  package: 'ky',
  setup: '`baseUrl`, `headers`, `timeout`, `.json()`',
  lacks: [],
  create({ baseURL, apiKey, timeout }) {
    const instance = ky.create({ baseUrl: baseURL, headers: { 'x-api-key': apiKey }, timeout })
    return {
      client: instance,
      get: (path, { signal } = {}) => instance.get(path, { signal }).json(),
      post: (path, body, { signal, once } = {}) =>
        instance.post(path, { json: body, signal, ...(once && { retry: 0 }) }).json(),
    }
  },
}
