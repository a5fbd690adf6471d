import { request } from '@octokit/request'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => {
  const api = request.defaults({ baseUrl: origin + prefix, headers: { 'x-api-key': key } })
  return {
    get: async () => (await api(`GET ${LIST}`)).data,
    post: async (path, body) => (await api(`POST ${path}`, body as Record<string, unknown>)).data,
  }
}
