import type { Client } from '@ob/core'
import { type INPUTS, PREDICT } from '../payloads.ts'
import type { BenchClient, Target } from './client.ts'

/** Options that send a client to the upstream of the bench. */
export function toOptions({ origin, prefix, key }: Target) {
  return { apiKey: key, baseURL: origin + prefix, allowInsecureLoopback: true } as const
}

/** The methods of a client of ours. */
export function toBenchClient(client: Pick<Client, 'assets' | 'accounts' | 'quotes'>): BenchClient {
  return {
    get: () => client.assets.list(),
    post: (path, body) =>
      path === PREDICT
        ? client.accounts.predictAddress(body as (typeof INPUTS)[typeof PREDICT])
        : client.quotes.create(body as Parameters<typeof client.quotes.create>[0]),
  }
}
