import { createClient } from '@ob/node'
import type { CreateClient } from './client.ts'
import { toBenchClient, toOptions } from './ob-methods.ts'

/** The complete SDK: authentication, URL checks, retries, deadline, and every answer checked against the contract. */
export const create: CreateClient = (target) => toBenchClient(createClient(toOptions(target)))
