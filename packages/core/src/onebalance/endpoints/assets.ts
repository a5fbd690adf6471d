import * as v from 'valibot'
import { endpoint } from '../../api.ts'
import { type AggregatedAsset, aggregatedAsset } from '../schemas/asset.ts'

/** Every asset that the API knows, each with its tokens on the chains. */
export const listAssets = endpoint<undefined, AggregatedAsset[]>({
  method: 'GET',
  path: '/api/assets/list',
  summary: 'Every asset that the API knows, each with its tokens on the chains',
  output: v.array(aggregatedAsset),
  retry: 'safe',
  maxAge: 60_000,
  isPublic: true,
})
