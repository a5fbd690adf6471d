export { createProxy, type Proxy } from './fetch-handler.ts'
export type {
  Authorization,
  LogEntry,
  ProxyCaller,
  ProxyOptions,
  RateLimit,
  RateLimiter,
  RequestInfo,
} from './options.ts'
export type { RedisClient } from './shared-store.ts'
export { createUsage, type Usage, type UsageCounter, type UsageRecord } from './usage.ts'
