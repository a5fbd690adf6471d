import { Agent, type Dispatcher } from 'undici'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

/** The floor: undici's dispatcher by hand, with no check of anything. */
export const create: CreateClient = ({ origin, prefix, key }) => {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
  const send = (options: Dispatcher.DispatchOptions): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      agent.dispatch(options, {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData: (_, chunk) => void chunks.push(chunk),
        onResponseEnd() {
          const [first] = chunks
          resolve(JSON.parse(String(chunks.length === 1 ? first : Buffer.concat(chunks))))
        },
        onResponseError: (_, error) => reject(error),
      })
    })
  return {
    get: () => send({ origin, path: prefix + LIST, method: 'GET', headers: { 'x-api-key': key } }),
    post: (path, body) =>
      send({
        origin,
        path: prefix + path,
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  }
}
