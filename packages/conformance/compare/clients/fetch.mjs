// Node's own fetch, as MDN's "Using the Fetch API" shows it: `response.ok` is checked, a time limit is `AbortSignal.timeout()`.
export const client = {
  name: 'fetch',
  package: undefined,
  setup: '`AbortSignal.timeout()` and the check of `response.ok`, as MDN shows them',
  lacks: ['retries', 'object'],
  create({ baseURL, apiKey, timeout }) {
    const call = async (path, { signal, headers, ...init }) => {
      const limit = AbortSignal.timeout(timeout)
      const response = await fetch(`${baseURL}${path}`, {
        ...init,
        headers: { 'x-api-key': apiKey, ...headers },
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      })
      if (!response.ok) throw new Error(`Response status: ${response.status}`)
      return response.json()
    }
    return {
      get: (path, { signal } = {}) => call(path, { signal }),
      post: (path, body, { signal } = {}) =>
        call(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal,
        }),
    }
  },
}
