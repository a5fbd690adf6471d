import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

/** The measure of all others: the global `fetch`, with nothing around it. */
export const create: CreateClient = ({ origin, prefix, key }) => ({
  async get() {
    const response = await fetch(origin + prefix + LIST, { headers: { 'x-api-key': key } })
    return response.json()
  },
  async post(path, body) {
    const response = await fetch(origin + prefix + path, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.json()
  },
})
