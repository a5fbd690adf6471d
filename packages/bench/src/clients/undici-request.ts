import { request } from 'undici'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => ({
  async get() {
    const { body } = await request(origin + prefix + LIST, { headers: { 'x-api-key': key } })
    return body.json()
  },
  async post(path, input) {
    const { body } = await request(origin + prefix + path, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
    return body.json()
  },
})
