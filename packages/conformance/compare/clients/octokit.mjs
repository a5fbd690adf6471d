// @octokit/request by its README: `request.defaults`, and a time limit by `options.request.signal`, since it has none of its own. It has no
// retries (those are a plugin of another package).
import { request } from '@octokit/request'

export const client = {
  name: '@octokit/request',
  package: '@octokit/request',
  setup: '`baseUrl`, `headers`, `AbortSignal.timeout()` as `request.signal`',
  lacks: ['retries'],
  create({ baseURL, apiKey, timeout }) {
    const instance = request.defaults({ baseUrl: baseURL, headers: { 'x-api-key': apiKey } })
    const call = async (route, parameters, signal) => {
      const limit = AbortSignal.timeout(timeout)
      const all = signal ? AbortSignal.any([signal, limit]) : limit
      const { data } = await instance({ ...route, ...parameters, request: { signal: all } })
      return data
    }
    return {
      client: instance,
      get: (path, { signal } = {}) => call({ method: 'GET', url: path }, {}, signal),
      post: (path, body, { signal } = {}) => call({ method: 'POST', url: path }, { data: body }, signal),
    }
  },
}
