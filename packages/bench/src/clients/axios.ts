import axios from 'axios'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => {
  const api = axios.create({ baseURL: origin + prefix, headers: { 'x-api-key': key } })
  return {
    get: async () => (await api.get(LIST)).data,
    post: async (path, body) => (await api.post(path, body)).data,
  }
}
