import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
} from '@azure/core-rest-pipeline'
import { LIST } from '../payloads.ts'
import type { CreateClient } from './client.ts'

export const create: CreateClient = ({ origin, prefix, key }) => {
  const pipeline = createPipelineFromOptions({})
  const httpClient = createDefaultHttpClient()
  const send = async (method: HttpMethods, path: string, body?: object): Promise<unknown> => {
    const request = createPipelineRequest({
      url: origin + prefix + path,
      method,
      headers: createHttpHeaders({ 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) }),
      allowInsecureConnection: true,
      ...(body && { body: JSON.stringify(body) }),
    })
    const { bodyAsText } = await pipeline.sendRequest(httpClient, request)
    return JSON.parse(bodyAsText ?? '')
  }
  return { get: () => send('GET', LIST), post: (path, body) => send('POST', path, body) }
}
