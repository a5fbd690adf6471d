// A process that runs the proxy as a program would, for the tests of its end.
import { createQuote, executeQuote, getExecutionStatus, listAssets } from '@ob/core'
import { serveProxy } from '@ob/proxy/node'

const { apiKey, baseURL, ca, drainTimeout } = JSON.parse(process.argv[2])
const { url } = await serveProxy({
  apiKey,
  baseURL,
  ca,
  drainTimeout,
  rateLimit: { points: 1_000_000 },
  allow: [listAssets, getExecutionStatus, createQuote, executeQuote],
  authorize: (request) => ({ id: request.headers.get('authorization') }),
})
process.send({ port: Number(new URL(url).port) })
