import Anthropic from '@anthropic-ai/sdk'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => {
  const api = new Anthropic({ apiKey: key, baseURL: origin + prefix })
  return { get: () => api.get(LIST), post: (path, body) => api.post(path, { body }) }
}
