import got from 'got'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => {
  const api = got.extend({ headers: { 'x-api-key': key } })
  return {
    get: () => api.get(origin + prefix + LIST).json(),
    post: (path, json) => api.post(origin + prefix + path, { json }).json(),
  }
}
