import { endpoint } from '../../api.ts'
import {
  type PredictAddressInput,
  type PredictedAddress,
  predictAddressInput,
  predictedAddress,
} from '../schemas/account.ts'

/** The address of a smart account, before it is deployed too. The same signers always give the same address. */
export const predictAddress = endpoint<PredictAddressInput, PredictedAddress>({
  method: 'POST',
  path: '/api/account/predict-address',
  summary: 'The address of a smart account, before it is deployed too',
  input: predictAddressInput,
  output: predictedAddress,
  retry: 'idempotent',
})
