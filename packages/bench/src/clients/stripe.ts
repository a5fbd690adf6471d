import Stripe from 'stripe'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => {
  const { hostname, port, protocol } = new URL(origin)
  const api = new Stripe(key, {
    host: hostname,
    port,
    protocol: protocol === 'http:' ? 'http' : 'https',
    telemetry: false,
  })
  return {
    get: () => api.rawRequest('GET', prefix + LIST),
    // It sends JSON only below /v2.
    post: (path, body) => api.rawRequest('POST', `/v2${prefix}${path}`, body),
  }
}
