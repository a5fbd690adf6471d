import { getEventListeners } from 'node:events'
import type { OneBalanceError } from '@ob/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient, type NodeClientOptions } from '../src/index.ts'
import { type Authority, createAuthority, type Identity } from './helpers/certificates.ts'
import { runNode } from './helpers/child.ts'
import { startFront } from './helpers/fault-front.ts'
import { httpAnswer, type RawServer, startRawServer } from './helpers/raw-server.ts'

const API_KEY = 'hygiene-test-key-0123456789'

let authority: Authority
let identity: Identity
let server: RawServer
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
  server = await startRawServer(identity, ({ path, socket }) => {
    if (path === '/api/fail') socket.write(httpAnswer(500, '{}'))
    else if (path === '/api/limited') socket.write(httpAnswer(429, '{}', { 'retry-after': '30' }))
    else if (path === '/api/half-head') socket.write('HTTP/1.1 200 O')
    else if (path === '/api/half-body') socket.write(httpAnswer(200, '{"a":', { 'content-length': '99' }))
    else if (path === '/api/status') socket.write(httpAnswer(200, '{}'))
    else if (path !== '/api/silent') socket.write(httpAnswer(200, '{}'))
  })
})
afterAll(() => server.close())

function connect(options: Omit<NodeClientOptions, 'api'> = {}) {
  return createClient({ apiKey: API_KEY, baseURL: server.url, ca: authority.ca, ...options })
}

describe('nothing is left behind', () => {
  test('10 000 calls on one signal leave no listener on it, and never too many', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const { signal } = new AbortController()
    const client = connect({
      connections: 20,
      retry: { maxRetries: 1, baseDelay: 1, maxDelay: 1, budget: { capacity: 1e9 } },
    })
    let failed = 0
    for (let done = 0; done < 10_000; done += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          client.request('GET', index % 10 === 0 ? '/api/fail' : '/api/ok', { signal }).catch(() => {
            failed += 1
          }),
        ),
      )
    }
    expect(failed).toBe(1_000)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await client.close()
    // A warning is emitted in a later turn.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  test('after close() the process holds what it held before', async () => {
    const { stdout, stderr, code } = await runNode(
      `
      import { createClient } from '@ob/node'
      const { URL_: baseURL, CA: ca, KEY: apiKey } = process.env
      // What the loading of modules or the end of sockets began is over some turns later.
      const held = async () => {
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
        return process.getActiveResourcesInfo().sort()
      }
      const before = await held()
      const client = createClient({ baseURL, ca, apiKey, timeout: 300, retry: { maxRetries: 1, baseDelay: 1 } })
      const paths = ['ok', 'fail', 'half-head', 'half-body', 'silent']
      const controller = new AbortController()
      await Promise.all(Array.from({ length: 50 }, (_, index) => {
        const signal = index % 2 ? controller.signal : undefined
        return client.request('GET', '/api/' + paths[index % 5], { signal }).catch(() => {})
      }).concat(new Promise((resolve) => setTimeout(resolve, 100)).then(() => controller.abort())))
      await client.close()
      console.log(JSON.stringify({ before, after: await held() }))
      `,
      { URL_: server.url, CA: authority.ca, KEY: API_KEY },
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { before, after } = JSON.parse(stdout)
    expect(after).toEqual(before)
    while (server.open > 0) await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('an abort ends a call at once, wherever it is', () => {
  const reason = new Error('enough')

  /** Aborts once `isThere`, and expects the call to have ended before a timer of 20 ms that was set with the abort. */
  async function expectAbort(
    start: (signal: AbortSignal) => Promise<unknown>,
    isThere: () => boolean | Promise<unknown>,
  ): Promise<OneBalanceError> {
    const controller = new AbortController()
    const call = start(controller.signal).then(
      () => {
        throw new Error('the call succeeds')
      },
      (error: OneBalanceError) => error,
    )
    for (;;) {
      const there = await isThere()
      if (there !== false) break
      await new Promise((resolve) => setImmediate(resolve))
    }
    // Let what has arrived be read.
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, 20, 'late')
    })
    controller.abort(reason)
    const first = await Promise.race([call, late])
    clearTimeout(timer)
    expect(first).not.toBe('late')
    expect(first).toMatchObject({ code: 'aborted', cause: reason, stopped: 'aborted' })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    return first as OneBalanceError
  }

  test('while the key is asked for', async () => {
    let isAsked = false
    const client = connect({
      apiKey: () => {
        isAsked = true
        return new Promise(() => {})
      },
    })
    const error = await expectAbort(
      (signal) => client.request('POST', '/api/ok', { body: {}, signal }),
      () => isAsked,
    )
    expect(error.outcome).toBe('not_sent')
    await client.close()
  })

  test.each(['accept', 'handshakeUp', 'handshakeDown'] as const)('while it connects: %s', async (at) => {
    const front = await startFront({ port: server.port, ca: authority.ca }, undefined as never, [
      { at, bytes: 10, end: 'stall' },
    ])
    const client = connect({ baseURL: front.url })
    const error = await expectAbort(
      (signal) => client.request('POST', '/api/ok', { body: {}, signal }),
      () => front.reached,
    )
    expect(error.outcome).toBe('not_sent')
    await client.close()
    await front.close()
  })

  test.each(['silent', 'half-head', 'half-body'])('while the server is %s', async (path) => {
    const client = connect()
    const before = server.requests.length
    const error = await expectAbort(
      (signal) => client.request('POST', `/api/${path}`, { body: {}, signal }),
      () => server.requests.length > before,
    )
    expect(error.outcome).toBe('unknown')
    await client.close()
  })

  test('in backoff', async () => {
    let isWaiting = false
    const client = connect({
      retry: { baseDelay: 60_000, maxDelay: 60_000 },
      runtime: { random: () => 0.9 },
      hooks: {
        retry: () => {
          isWaiting = true
        },
      },
    })
    const error = await expectAbort(
      (signal) => client.request('GET', '/api/fail', { signal }),
      () => isWaiting,
    )
    expect(error.attempts).toMatchObject([{ status: 500, error: 'server_error', waitMs: 54_000 }])
    await client.close()
  })

  test('while it waits as long as the API asked for', async () => {
    let isWaiting = false
    const client = connect({
      hooks: {
        retry: () => {
          isWaiting = true
        },
      },
    })
    const error = await expectAbort(
      (signal) => client.request('GET', '/api/limited', { signal }),
      () => isWaiting,
    )
    expect(error.attempts).toMatchObject([{ status: 429, error: 'rate_limited' }])
    await client.close()
  })

  test('in the gate, while it waits for the rate limit', async () => {
    let isWaiting = false
    const client = connect({
      retry: false,
      hooks: {
        wait: () => {
          isWaiting = true
        },
      },
    })
    await client.request('GET', '/api/limited').catch(() => {})
    const error = await expectAbort(
      (signal) => client.request('POST', '/api/ok', { body: {}, signal }),
      () => isWaiting,
    )
    expect(error).toMatchObject({ outcome: 'not_sent', attempts: [] })
    await client.close()
  })

  test('in the gate, while it waits for its place', async () => {
    let isWaiting = false
    const client = connect({
      maxConcurrent: 1,
      hooks: {
        wait: () => {
          isWaiting = true
        },
      },
    })
    const other = new AbortController()
    const first = client.request('GET', '/api/silent', { signal: other.signal }).catch(() => {})
    const error = await expectAbort(
      (signal) => client.request('POST', '/api/ok', { body: {}, signal }),
      () => isWaiting,
    )
    expect(error).toMatchObject({ outcome: 'not_sent', attempts: [] })
    other.abort()
    await first
    await client.close()
  })

  test('while it waits for an execution', async () => {
    const client = connect({ hooks: {} })
    const before = server.requests.length
    const error = await expectAbort(
      (signal) => client.executions.wait({ quoteId: '0x01' }, { signal }),
      () => server.requests.length > before,
    )
    expect(error).toMatchObject({ outcome: 'unknown', quoteId: '0x01' })
    await client.close()
  })

  test('before it begins: no connection is made', async () => {
    const client = connect()
    const before = server.connections
    const error: OneBalanceError = await client
      .request('GET', '/api/ok', { signal: AbortSignal.abort(reason) })
      .then(Object, (failure) => failure)
    expect(error).toMatchObject({ code: 'aborted', cause: reason, outcome: 'not_sent', attempts: [] })
    expect(server.connections).toBe(before)
    await client.close()
  })
})

test('a connection that nobody waits for is dropped, and not made again', async () => {
  const client = connect()
  const controller = new AbortController()
  const before = server.requests.length
  const call = client.request('GET', '/api/silent', { signal: controller.signal }).catch(() => {})
  while (server.requests.length === before) await new Promise((resolve) => setImmediate(resolve))
  const { socket } = server.requests.at(-1) ?? {}
  const { connections } = server
  const closed = new Promise((resolve) => socket?.on('close', resolve))
  controller.abort()
  await Promise.all([call, closed])
  await client.close()
  expect(server.connections).toBe(connections)
})
