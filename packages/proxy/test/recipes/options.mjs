import { createQuote, executeQuote, getAggregatedBalance, getExecutionStatus, listAssets } from '@ob/core/onebalance'
import { findUser } from './session.mjs' // yours

export const options = {
  publicOrigin: process.env.PUBLIC_ORIGIN, // https://app.example
  allow: [listAssets, getAggregatedBalance, createQuote, executeQuote, getExecutionStatus],
  authorize: (request) => findUser(request.headers.get('cookie')), // { id } or null
}
