import { createCaller } from '@ob/node'
import { createQuote, listAssets, predictAddress } from '@ob/node/onebalance'
import { PREDICT } from '../payloads.ts'
import type { CreateClient } from './client.ts'
import { toOptions } from './ob-methods.ts'

/** The tree-shakable form, with every check on. */
export const create: CreateClient = (target) => {
  const call = createCaller(toOptions(target))
  return {
    get: () => call(listAssets),
    post: (path, body) => (path === PREDICT ? call(predictAddress, body as never) : call(createQuote, body as never)),
  }
}
