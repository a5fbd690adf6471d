import { getAggregatedBalance, listAssets } from '@ob/core/onebalance'
import { MOUNT, type ProxyOrder, VISITOR } from './order.ts'

/** Our proxy with authentication, limits and every check on; the limit is one that the load does not reach. */
export function toProxyOptions({ upstream, prefix, key, isCached }: ProxyOrder) {
  return {
    apiKey: key,
    baseURL: upstream + prefix,
    allowInsecureLoopback: true,
    prefix: MOUNT,
    allow: [getAggregatedBalance, listAssets],
    authorize: (request: Request) => (request.headers.get('authorization') === VISITOR ? { id: 'visitor-1' } : null),
    rateLimit: { points: 1_000_000_000, duration: 60 },
    ...(!isCached && { cache: false as const }),
  }
}
