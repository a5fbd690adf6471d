import * as v from 'valibot'
import { endpoint } from '../../api.ts'
import { type SupportedChain, supportedChain } from '../schemas/chain.ts'

/** Every chain that the API can use. */
export const listChains = endpoint<undefined, SupportedChain[]>({
  method: 'GET',
  path: '/api/chains/supported-list',
  summary: 'Every chain that the API can use',
  output: v.array(supportedChain),
  retry: 'safe',
  maxAge: 300_000,
  isPublic: true,
})
