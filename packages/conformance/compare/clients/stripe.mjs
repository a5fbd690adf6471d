// stripe's `rawRequest`, with an `authenticator` in place of its own key header. It speaks JSON only on paths below /v2, takes no
// AbortSignal and asks for no compression. It sends a POST again by itself, with an Idempotency-Key; `maxNetworkRetries: 0` for one request is its documented switch.
import Stripe from 'stripe'

export const client = {
  name: 'stripe',
  package: 'stripe',
  setup: '`host`, `port`, `protocol`, `authenticator`, `timeout`; a POST that executes with `maxNetworkRetries: 0`',
  lacks: ['abort', 'compression', 'json anywhere'],
  create({ baseURL, apiKey, timeout }) {
    const { protocol, hostname, port } = new URL(baseURL)
    const instance = new Stripe(undefined, {
      host: hostname,
      port,
      protocol: protocol.slice(0, -1),
      timeout,
      telemetry: false,
      authenticator: async (request) => {
        request.headers['x-api-key'] = apiKey
      },
    })
    return {
      client: instance,
      get: (path) => instance.rawRequest('GET', path),
      post: (path, body, { once } = {}) =>
        instance.rawRequest('POST', path, body, once ? { maxNetworkRetries: 0 } : {}),
    }
  },
}
