import { isOneBalanceError } from '@ob/core'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient, type NodeClientOptions } from '../src/index.ts'
import { type Authority, createAuthority, type Identity } from './helpers/certificates.ts'
import { httpAnswer, type RawRequest, startRawServer } from './helpers/raw-server.ts'
import { createTestRuntime } from './helpers/test-runtime.ts'

const API_KEY = 'delivery-test-key-0123456789'
const TARGET = '/api/target'

let authority: Authority
let identity: Identity
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
})

/** What the server does once it has read a request whole (table 1b of the fault measurements). */
const FAULTS: Readonly<Record<string, (request: RawRequest) => void>> = {
  'closed without an answer': ({ socket }) => void socket.end(),
  'reset without an answer': ({ reset }) => reset(),
  '408 and closed': ({ socket }) => void socket.end(httpAnswer(408, '{}', { connection: 'close' })),
  '408, kept open': ({ socket }) => void socket.write(httpAnswer(408, '{}')),
  '421, kept open': ({ socket }) => void socket.write(httpAnswer(421, '{}')),
  '421 and closed': ({ socket }) => void socket.end(httpAnswer(421, '{}', { connection: 'close' })),
  '401 with a Basic challenge': ({ socket }) =>
    void socket.write(httpAnswer(401, '{}', { 'www-authenticate': 'Basic realm="x"' })),
  '407 with a Basic challenge': ({ socket }) =>
    void socket.write(httpAnswer(407, '{}', { 'proxy-authenticate': 'Basic realm="x"' })),
  '503 with Retry-After': ({ socket }) => void socket.write(httpAnswer(503, '{}', { 'retry-after': '1' })),
  '200 and half a body': ({ socket }) => void socket.end(httpAnswer(200, '{"half', { 'content-length': '100' })),
  'half a head': ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
}

/** Statuses and endings that the engine itself tries again on a GET; the others are final. */
const RETRIED = new Set(Object.keys(FAULTS).filter((name) => !/^(?:421|401|407)/.test(name)))

interface Outcome {
  readonly deliveries: number
  readonly attempts: number
  /** Whether the first delivery came on the connection of the request before. */
  readonly isReused: boolean
}

/** Makes one call, on a connection that has or has not been used before, and counts what arrives. */
async function deliver(
  fault: string,
  { isReused, method, options = {} }: { isReused: boolean; method: 'GET' | 'POST'; options?: NodeClientOptions },
): Promise<Outcome> {
  const server = await startRawServer(identity, (request) => {
    if (request.path === TARGET) FAULTS[fault]?.(request)
    else request.socket.write(httpAnswer(200, '{}'))
  })
  const client = createClient({
    apiKey: API_KEY,
    baseURL: server.url,
    ca: authority.ca,
    runtime: createTestRuntime(),
    ...options,
  })
  if (isReused) await client.request('GET', '/api/warm').then(nextTurn)
  const error = await client.request(method, TARGET, method === 'POST' ? { body: { a: 1 } } : {}).catch((e) => e)
  const deliveries = server.requests.filter(({ path }) => path === TARGET)
  await client.close()
  await server.close()
  if (!isOneBalanceError(error)) throw error
  return { deliveries: deliveries.length, attempts: error.attempts.length, isReused: deliveries[0]?.index === 1 }
}

const cells = Object.keys(FAULTS).flatMap((fault) =>
  [false, true].map((isReused) => ({ fault, isReused, connection: isReused ? 'reused' : 'fresh' })),
)

describe('deliveries at the server on Node.js', () => {
  test.each(cells)('a once POST arrives once: $fault, $connection connection', async ({ fault, isReused }) => {
    expect(await deliver(fault, { isReused, method: 'POST' })).toEqual({ deliveries: 1, attempts: 1, isReused })
  })

  test.each(cells)(
    'a GET without retries arrives once: $fault, $connection connection',
    async ({ fault, isReused }) => {
      const outcome = await deliver(fault, { isReused, method: 'GET', options: { retry: false } })
      expect(outcome).toEqual({ deliveries: 1, attempts: 1, isReused })
    },
  )

  test.each(cells)(
    'a GET arrives as often as it is attempted: $fault, $connection connection',
    async ({ fault, isReused }) => {
      const expected = RETRIED.has(fault) ? 4 : 1
      const outcome = await deliver(fault, { isReused, method: 'GET' })
      expect(outcome).toEqual({ deliveries: expected, attempts: expected, isReused })
    },
  )
})

describe('deliveries by a fetch that resends by itself', () => {
  let agent: Agent
  beforeAll(() => {
    agent = new Agent({ connect: { ca: authority.ca } })
  })
  afterAll(() => agent.close())

  test.each(cells)('a once POST arrives once: $fault, $connection connection', async ({ fault, isReused }) => {
    const fetch = (url: string, init: RequestInit) =>
      undiciFetch(url, { ...(init as object), dispatcher: agent }) as unknown as Promise<Response>
    const { deliveries, attempts } = await deliver(fault, { isReused, method: 'POST', options: { fetch } })
    expect({ deliveries, attempts }).toEqual({ deliveries: 1, attempts: 1 })
  })
})

test('no header invites an intermediary to resend', async () => {
  const server = await startRawServer(identity, ({ socket }) => void socket.write(httpAnswer(200, '{}')))
  const client = createClient({ apiKey: API_KEY, baseURL: server.url, ca: authority.ca })
  await client.request('POST', TARGET, { body: { a: 1 } })
  await client.close()
  await server.close()
  const [request] = server.requests
  expect(request?.head).not.toMatch(/idempotency-key/i)
  expect(request?.head).toMatch(/\r\ncontent-length: 7(?:\r\n|$)/i)
  expect(request?.head).not.toMatch(/transfer-encoding/i)
  expect(request?.head.match(/x-api-key/gi)).toHaveLength(1)
  expect(request?.body).toBe('{"a":1}')
})

/** The pool takes a connection back a moment after its answer has ended. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
