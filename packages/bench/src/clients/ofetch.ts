import { ofetch } from 'ofetch'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => {
  const api = ofetch.create({ baseURL: origin + prefix, headers: { 'x-api-key': key } })
  return { get: () => api(LIST), post: (path, body) => api(path, { method: 'POST', body }) }
}
