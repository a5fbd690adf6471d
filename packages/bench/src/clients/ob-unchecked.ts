import { createClient } from '@ob/node'
import type { CreateClient } from './client.ts'
import { toBenchClient, toOptions } from './ob-methods.ts'

/** The SDK without the check of answers. */
export const create: CreateClient = (target) => toBenchClient(createClient({ ...toOptions(target), validate: false }))
