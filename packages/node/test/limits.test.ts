import { once } from 'node:events'
import { createServer } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type OneBalanceError, PUBLIC_TESTING_KEY } from '@ob/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { createClient, type NodeClientOptions } from '../src/index.ts'
import { type Authority, createAuthority, createSelfSigned, type Identity } from './helpers/certificates.ts'
import { runNode } from './helpers/child.ts'
import { httpAnswer, type RawRequest, type RawServer, startRawServer } from './helpers/raw-server.ts'
import { createTestRuntime } from './helpers/test-runtime.ts'

const API_KEY = 'limits-test-key-0123456789'
const MEBIBYTE = 1024 * 1024

let authority: Authority
let identity: Identity
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
})

/** Lets a server answer one GET in its own way, and gives back how the call failed. */
async function fail(
  answer: (request: RawRequest) => void,
  { during, ...options }: NodeClientOptions & { during?: (server: RawServer) => Promise<void> } = {},
): Promise<OneBalanceError> {
  const server = await startRawServer(identity, answer)
  const client = createClient({
    apiKey: API_KEY,
    baseURL: server.url,
    ca: authority.ca,
    retry: false,
    ...options,
  } as NodeClientOptions)
  try {
    const failed = client.request('GET', '/api/limits').then(
      () => {
        throw new Error('the call succeeds')
      },
      (error: OneBalanceError) => error,
    )
    await during?.(server)
    return await failed
  } finally {
    await client.close()
    await server.close()
  }
}

describe('a body that is not what it should be', () => {
  const cases: readonly (readonly [string, string, Partial<OneBalanceError> & { phase?: string }])[] = [
    ['truncated', httpAnswer(200, '{"a":12', { 'content-length': '100' }), { code: 'network', phase: 'body' }],
    ['HTML', httpAnswer(200, '<html>down</html>'), { code: 'invalid_response' }],
    ['empty', httpAnswer(200, ''), { code: 'invalid_response' }],
    ['truncated JSON', httpAnswer(200, '{"a":'), { code: 'invalid_response' }],
    ['UTF-16', httpAnswer(200, '\xff\xfe{\x00}\x00', { 'content-length': '6' }), { code: 'invalid_response' }],
    ['gzip that is none', httpAnswer(200, '{}', { 'content-encoding': 'gzip' }), { code: 'network', phase: 'body' }],
    ['compressed twice', httpAnswer(200, '{}', { 'content-encoding': 'gzip, gzip' }), { code: 'invalid_response' }],
  ]
  test.each(cases)('%s', async (_, raw, expected) => {
    const error = await fail(({ socket }) => void socket.end(raw, 'latin1'))
    expect(error).toMatchObject({ ...expected, outcome: 'accepted', status: 200, stopped: expect.any(String) })
    expect(error.message.length).toBeLessThan(400)
    expect(error.attempts).toHaveLength(1)
  })

  test.each([
    ['HTML, 502', 502, '<html><h1>Bad Gateway</h1></html>', { code: 'server_error', outcome: 'unknown' }],
    ['empty, 500', 500, '', { code: 'server_error', outcome: 'unknown' }],
    ['not UTF-8, 404', 404, '\xff\xfe', { code: 'not_found', outcome: 'rejected' }],
    ['cut, 400', 400, '{"message":"cut', { code: 'request_rejected', outcome: 'rejected' }],
  ] as const)('an error answer keeps its status: %s', async (_, status, body, expected) => {
    const raw = httpAnswer(status, body, { 'content-length': String(body.length + (status === 400 ? 50 : 0)) })
    const error = await fail(({ socket }) => void socket.end(raw, 'latin1'))
    expect(error).toMatchObject({ status, ...expected })
  })

  test.each([
    ['after the head', httpAnswer(200, '', { 'content-length': '100' }), { status: 200, outcome: 'accepted' }],
    ['in the body', httpAnswer(200, '{"a":', { 'content-length': '100' }), { status: 200, outcome: 'accepted' }],
    ['in the head', 'HTTP/1.1 200 OK\r\ncontent-le', { outcome: 'unknown' }],
    ['before the head', '', { outcome: 'unknown' }],
  ] as const)('silence %s ends at the time limit', async (_, raw, expected) => {
    const runtime = createTestRuntime()
    const error = await fail(({ socket }) => void (raw && socket.write(raw)), {
      timeout: 5_000,
      runtime,
      async during(server) {
        while (server.requests.length === 0) await turn()
        // The bytes of the answer are on their way through this machine.
        for (let n = 0; n < 20; n += 1) await turn()
        runtime.expire()
      },
    })
    expect(error).toMatchObject({ code: 'timeout', scope: 'attempt', ...expected })
    expect(runtime.pending).toBe(0)
  })

  test('one byte at a time does not outlast the time limit', async () => {
    const error = await fail(
      ({ socket }) => {
        socket.write(httpAnswer(200, '', { 'content-length': '100000' }))
        const drip = setInterval(() => socket.write('1'), 5)
        socket.on('close', () => clearInterval(drip))
      },
      { timeout: 100 },
    )
    expect(error).toMatchObject({ code: 'timeout', scope: 'attempt', outcome: 'accepted', status: 200 })
  })
})

describe('a body that is too large', () => {
  test.each([
    ['length known', { 'content-length': String(200 * MEBIBYTE) }],
    ['length not known', { 'content-length': '', connection: 'close' }],
  ] as const)('200 MB, %s: reading stops at the limit and the connection is dropped', async (_, headers) => {
    let written = 0
    let isClosed = false
    const error = await fail(
      ({ socket }) => {
        const head = httpAnswer(200, '', headers).replace('content-length: \r\n', '')
        const chunk = Buffer.alloc(65_536, '1')
        socket.write(head)
        const more = (): void => {
          while (written < 200 * MEBIBYTE && !socket.destroyed) {
            written += chunk.length
            if (!socket.write(chunk)) {
              socket.once('drain', more)
              return
            }
          }
        }
        socket.on('close', () => {
          isClosed = true
        })
        more()
      },
      {
        maxResponseBytes: MEBIBYTE,
        async during() {
          while (!isClosed) await turn()
        },
      },
    )
    expect(error).toMatchObject({ code: 'response_too_large', outcome: 'accepted', status: 200 })
    // What lies in the buffers of the two sockets comes on top of the limit.
    expect(written).toBeLessThan(16 * MEBIBYTE)
  })

  test('the limit is exact, and counts what came out of the compression', async () => {
    const body = JSON.stringify('x'.repeat(998))
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(body)],
      ['br', brotliCompressSync(body)],
      ['identity', Buffer.from(body)],
    ] as const) {
      const answer = ({ socket }: RawRequest): void => {
        socket.write(httpAnswer(200, '', { 'content-encoding': encoding, 'content-length': String(bytes.length) }))
        socket.write(bytes)
      }
      await expect(fail(answer, { maxResponseBytes: 1_000 }), encoding).rejects.toThrow('the call succeeds')
      await expect(fail(answer, { maxResponseBytes: 999 }), encoding).resolves.toMatchObject({
        code: 'response_too_large',
      })
    }
  })

  const zeros = Buffer.alloc(200 * MEBIBYTE)
  const bombs = {
    plain: { body: zeros, encoding: 'identity' },
    gzip: { body: gzipSync(zeros, { level: 1 }), encoding: 'gzip' },
    br: { body: brotliCompressSync(zeros), encoding: 'br' },
  } as const
  test.each(Object.entries(bombs))('memory stays flat under 200 MB: %s', async (_, { body, encoding }) => {
    const server = await startRawServer(identity, ({ socket, path }) => {
      if (path === '/api/warm') socket.write(httpAnswer(200, '{}'))
      else {
        socket.write(httpAnswer(200, '', { 'content-encoding': encoding, 'content-length': String(body.length) }))
        socket.write(body)
      }
    })
    const { stdout, stderr, code } = await runNode(MEMORY_PROGRAM, {
      URL_: server.url,
      CA: authority.ca,
      KEY: API_KEY,
    })
    await server.close()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { error, memory, rss } = JSON.parse(stdout)
    expect(error.code).toBe('response_too_large')
    expect(memory).toBeLessThan(2 * 32 * MEBIBYTE)
    // The allocator and the garbage that is not collected yet come on top; 200 MB would show here.
    expect(rss).toBeLessThan(3 * 32 * MEBIBYTE)
  })
})

/** Prints how a call failed, and how much the process grew meanwhile. */
const MEMORY_PROGRAM = `
  import { createClient } from '@ob/node'
  const { URL_: baseURL, CA: ca, KEY: apiKey } = process.env
  const client = createClient({ baseURL, ca, apiKey, retry: false, maxResponseBytes: 32 * 1024 * 1024 })
  for (let n = 0; n < 20; n += 1) await client.request('GET', '/api/warm')
  const inUse = ({ heapUsed, external }) => heapUsed + external
  const before = process.memoryUsage()
  let memory = 0
  let rss = 0
  const look = () => {
    const now = process.memoryUsage()
    memory = Math.max(memory, inUse(now) - inUse(before))
    rss = Math.max(rss, now.rss - before.rss)
  }
  const timer = setInterval(look, 2)
  const error = await client.request('GET', '/api/bomb').catch((reason) => reason)
  look()
  clearInterval(timer)
  console.log(JSON.stringify({ error, memory, rss }))
  await client.close()
`

describe('whom the key is not sent to', () => {
  test('plain HTTP is refused before the key source is asked and before a connection is made', async () => {
    let connections = 0
    let questions = 0
    const server = createServer(() => {
      connections += 1
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const apiKey = (): string => {
      questions += 1
      return API_KEY
    }
    for (const host of ['127.0.0.1', 'localhost', '[::1]'])
      expect(() => createClient({ apiKey, baseURL: `http://${host}:${port}` })).toThrow(
        expect.objectContaining({ code: 'insecure_url' }),
      )
    expect({ connections, questions }).toEqual({ connections: 0, questions: 0 })
    server.close()
  })

  const HOUR = 3_600_000
  const untrusted: Readonly<Record<string, () => Promise<{ identity: Identity; ca?: string }>>> = {
    'self-signed': async () => ({ identity: await createSelfSigned() }),
    'from an unknown authority': async () => ({ identity: await (await createAuthority()).issue() }),
    'from an authority that the system does not know, without ca': async () => ({ identity, ca: '' }),
    expired: async () => ({
      identity: await authority.issue({
        notBefore: new Date(Date.now() - 2 * HOUR),
        notAfter: new Date(Date.now() - HOUR),
      }),
    }),
    'not valid yet': async () => ({
      identity: await authority.issue({
        notBefore: new Date(Date.now() + HOUR),
        notAfter: new Date(Date.now() + 2 * HOUR),
      }),
    }),
    'for another name': async () => ({ identity: await authority.issue({ host: 'be.onebalance.io' }) }),
  }
  test.each(Object.keys(untrusted))('a certificate that is %s', async (name) => {
    const { identity, ca = authority.ca } = (await untrusted[name]?.()) ?? { identity: { cert: '', key: '' } }
    const server = await startRawServer(identity, ({ socket }) => void socket.write(httpAnswer(200, '{}')))
    const client = createClient({
      apiKey: API_KEY,
      baseURL: server.url,
      ca: ca || undefined,
      runtime: createTestRuntime(),
    })
    for (const method of ['GET', 'POST']) {
      const error: OneBalanceError = await client.request(method, '/api/x').then(Object, (reason) => reason)
      expect(error).toMatchObject({
        code: 'network',
        phase: 'connect',
        outcome: 'not_sent',
        stopped: 'not_retryable',
        retryable: false,
      })
      expect(error.attempts).toHaveLength(1)
      expect(error.hint).toContain('ca')
    }
    expect(server.requests).toHaveLength(0)
    await client.close()
    await server.close()
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 is refused before anything is sent', async () => {
    const server = await startRawServer(identity, ({ socket }) => void socket.write(httpAnswer(200, '{}')))
    const program = `
      import { createClient } from '@ob/node'
      const error = await createClient({ baseURL: process.env.URL_, apiKey: process.env.KEY })
        .request('GET', '/api/x').catch((reason) => reason)
      console.log(JSON.stringify(error))`
    const { stdout } = await runNode(program, { URL_: server.url, KEY: API_KEY, NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    expect(JSON.parse(stdout)).toMatchObject({ code: 'configuration', outcome: 'not_sent' })
    expect(server.connections).toBe(0)
    await server.close()
  })

  test.each([300, 301, 302, 303, 304, 305, 307, 308])('a %i redirect is not followed', async (status) => {
    const second = await startRawServer(identity, ({ socket }) => void socket.write(httpAnswer(200, '{}')))
    for (const location of [
      `${second.url}/api/next?secret=1`,
      '/api/next?secret=1',
      `http://127.0.0.1:${second.port}/`,
    ]) {
      const paths: string[] = []
      const error = await fail(
        ({ socket, path }) => {
          paths.push(path)
          socket.write(httpAnswer(status, '', { location }))
        },
        { retry: {} },
      )
      expect(error).toMatchObject({ code: 'unexpected_redirect', outcome: 'rejected', status })
      expect(error.message).not.toContain('secret')
      expect(error.attempts).toHaveLength(1)
      expect(paths).toEqual(['/api/limits'])
    }
    expect(second.connections).toBe(0)
    await second.close()
  })

  test('the public testing key is no default', async () => {
    const error = await fail(() => {}, { apiKey: undefined as never })
    expect(error).toMatchObject({ code: 'configuration', outcome: 'not_sent' })
    expect(JSON.stringify(error)).not.toContain(PUBLIC_TESTING_KEY)
  })
})

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
