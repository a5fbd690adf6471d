import { createClient } from '@ob/bun'
import type { CreateClient } from './client.ts'
import { toBenchClient, toOptions } from './ob-methods.ts'

export const create: CreateClient = (target) => toBenchClient(createClient(toOptions(target)))
