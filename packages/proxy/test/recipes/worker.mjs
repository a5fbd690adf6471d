import { listAssets } from '@ob/core/onebalance'
import { createProxy } from '@ob/proxy'
import { findUser } from './session.mjs' // yours

let proxy

export default {
  fetch(request, env) {
    proxy ??= createProxy({
      apiKey: env.ONEBALANCE_API_KEY,
      baseURL: env.ONEBALANCE_BASE_URL, // leave it out for the real one
      allow: [listAssets], // nothing that runs once: each isolate has a memory of its own
      authorize: ({ headers }) => findUser(headers.get('cookie')),
    })
    return proxy(request, { remoteAddress: request.headers.get('cf-connecting-ip') ?? undefined })
  },
}
