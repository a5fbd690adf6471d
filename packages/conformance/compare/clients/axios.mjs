// axios with the options that its README gives for each hazard: `maxContentLength` (its security notice), `sensitiveHeaders` (redirects),
// `redact` (logs), `allowAbsoluteUrls: false`, and JSON errors that are not silent. It has no retries.
import axios from 'axios'

export const client = {
  name: 'axios',
  package: 'axios',
  setup:
    '`baseURL`, `headers`, `timeout`, `maxContentLength`, `allowAbsoluteUrls: false`, `sensitiveHeaders`, `redact`, `silentJSONParsing: false`',
  lacks: ['retries'],
  create({ baseURL, apiKey, timeout, maxResponseBytes }) {
    const instance = axios.create({
      baseURL,
      headers: { 'x-api-key': apiKey },
      timeout,
      maxContentLength: maxResponseBytes,
      allowAbsoluteUrls: false,
      sensitiveHeaders: ['x-api-key'],
      redact: ['x-api-key'],
      responseType: 'json',
      transitional: { silentJSONParsing: false },
    })
    return {
      client: instance,
      get: (path, { signal } = {}) => instance.get(path, { signal }).then(({ data }) => data),
      post: (path, body, { signal } = {}) => instance.post(path, body, { signal }).then(({ data }) => data),
    }
  },
}
