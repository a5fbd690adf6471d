// got by its documentation: `allowAbsoluteUrls: false` is what it recommends "if you use headers like x-api-key", and a
// `beforeRedirect` hook is where it says that "app-specific sensitive headers" are taken away. It does not send a POST again by itself.
import got from 'got'

export const client = {
  name: 'got',
  package: 'got',
  setup:
    '`prefixUrl`, `headers`, `timeout.request`, `allowAbsoluteUrls: false`, a `beforeRedirect` hook that drops the key on another origin, `.json()`',
  lacks: [],
  create({ baseURL, apiKey, timeout }) {
    const instance = got.extend({
      prefixUrl: baseURL,
      headers: { 'x-api-key': apiKey },
      timeout: { request: timeout },
      allowAbsoluteUrls: false,
      hooks: {
        beforeRedirect: [
          (options) => {
            if (new URL(options.url).origin !== new URL(baseURL).origin) delete options.headers['x-api-key']
          },
        ],
      },
    })
    // got joins `prefixUrl` and a path that has no slash in front.
    const relative = (path) => path.replace(/^\//, '')
    return {
      client: instance,
      get: (path, { signal } = {}) => instance.get(relative(path), { signal }).json(),
      post: (path, body, { signal, once } = {}) =>
        instance.post(relative(path), { json: body, signal, ...(once && { retry: { limit: 0 } }) }).json(),
    }
  },
}
