import { createClient, createConfig } from '@hey-api/client-fetch'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => {
  const api = createClient(createConfig({ baseUrl: origin + prefix, headers: { 'x-api-key': key } }))
  return {
    get: async () => (await api.get({ url: LIST })).data,
    post: async (path, body) =>
      (await api.post({ url: path, body, headers: { 'content-type': 'application/json' } })).data,
  }
}
