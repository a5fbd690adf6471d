// Runs the case that the request names, inside workerd: core as it is, over the worker's own fetch.
import * as core from '@ob/core'
import { cases } from './cases/index.ts'
import type { Setup } from './context.ts'
import { runCase } from './run-cases.ts'

export default {
  async fetch(request: Request, env: { SETUP: string }): Promise<Response> {
    const id = new URL(request.url).searchParams.get('id')
    const one = cases.find((candidate) => candidate.id === id)
    if (!one) return new Response('no such case', { status: 404 })
    const setup = JSON.parse(env.SETUP) as Setup
    const adapter = {
      createClient: (options?: core.ClientOptions): core.Client =>
        core.createClient(options as core.ClientOptions<typeof core.oneBalance>),
      createCaller: (options?: core.ClientOptions) => core.createCaller(options),
    }
    return Response.json(await runCase(one, { runtime: 'workerd', core, adapter, setup, trustsAll: true }))
  },
}
