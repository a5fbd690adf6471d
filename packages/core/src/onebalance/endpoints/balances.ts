import { endpoint } from '../../api.ts'
import {
  type AggregatedBalance,
  type AggregatedBalanceInput,
  type AggregatedBalanceInputV2,
  type AggregatedBalanceV2,
  aggregatedBalance,
  aggregatedBalanceInput,
  aggregatedBalanceInputV2,
  aggregatedBalanceV2,
} from '../schemas/balance.ts'

/** What accounts hold of the given assets, summed over all chains and by token. EVM and Solana. */
export const getAggregatedBalance = endpoint<AggregatedBalanceInput, AggregatedBalance>({
  method: 'GET',
  path: '/api/v3/balances/aggregated-balance',
  summary: 'What accounts hold, summed over all chains and by token',
  input: aggregatedBalanceInput,
  output: aggregatedBalance,
  retry: 'safe',
})

/** What one EVM account holds. Use {@link getAggregatedBalance} in new code. */
export const getAggregatedBalanceV2 = endpoint<AggregatedBalanceInputV2, AggregatedBalanceV2>({
  method: 'GET',
  path: '/api/v2/balances/aggregated-balance',
  summary: 'What one EVM account holds',
  input: aggregatedBalanceInputV2,
  output: aggregatedBalanceV2,
  retry: 'safe',
})
