import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCaller, createClient, createTransport, listAssets } from '../src/index.ts'
import { type Authority, createAuthority } from './helpers/certificates.ts'
import { runNode } from './helpers/child.ts'
import { httpAnswer, type RawRequest, type RawServer, startRawServer } from './helpers/raw-server.ts'

const API_KEY = 'close-test-key-0123456789'

let authority: Authority
let server: RawServer
let held: RawRequest[] = []
beforeAll(async () => {
  authority = await createAuthority()
  server = await startRawServer(await authority.issue(), (request) => {
    if (request.path === '/api/held') held.push(request)
    else request.socket.write(httpAnswer(200, '[]'))
  })
})
afterAll(() => server.close())

describe('close()', () => {
  test('refuses each further call, with what to do, and sends nothing', async () => {
    const options = { apiKey: API_KEY, baseURL: server.url, ca: authority.ca }
    const client = createClient(options)
    const call = createCaller(options)
    await client.assets.list()
    await Promise.all([client.close(), call.close()])
    const before = server.requests.length
    const calls = [
      client.assets.list(),
      client.request('GET', '/api/x'),
      client.executions.wait({ quoteId: '0x01' }),
      client.quotes.execute({} as never),
      client.assets.list().withResponse(),
      call(listAssets),
    ]
    for (const result of await Promise.allSettled(calls))
      expect(result).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'configuration',
          outcome: 'not_sent',
          message: expect.stringContaining('closed'),
          attempts: [],
        },
      })
    const pages = client.transactions.list({ user: 'x' })[Symbol.asyncIterator]()
    await expect(pages.next()).rejects.toMatchObject({ code: 'configuration' })
    expect(server.requests).toHaveLength(before)
  })

  test('lets calls under way end, and then closes their connections', async () => {
    held = []
    const client = createClient({ apiKey: API_KEY, baseURL: server.url, ca: authority.ca })
    const call = client.request('GET', '/api/held')
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const closed = client.close()
    held[0]?.socket.write(httpAnswer(200, '{"a":1}'))
    expect(await call).toEqual({ a: 1 })
    await closed
    while (server.open > 0) await new Promise((resolve) => setImmediate(resolve))
  })

  test('may be called twice, and before the first request', async () => {
    const client = createClient({ apiKey: API_KEY, baseURL: server.url, ca: authority.ca })
    await client.close()
    await client.close()
  })

  test('is what `await using` calls', async () => {
    const client = createClient({ apiKey: API_KEY, baseURL: server.url, ca: authority.ca })
    await client[Symbol.asyncDispose]()
    await expect(client.assets.list()).rejects.toMatchObject({ code: 'configuration' })
  })

  test('of a transport refuses further requests', async () => {
    const fetch = createTransport({ ca: authority.ca })
    expect(await (await fetch(`${server.url}/api/x`, {})).json()).toEqual([])
    await fetch.close()
    await expect(fetch(`${server.url}/api/x`, {})).rejects.toThrow()
  })
})

describe('a program that forgets close()', () => {
  const program = (body: string): string => `
    import { createClient } from '@ob/node'
    const { URL_: baseURL, CA: ca, KEY: apiKey } = process.env
    const client = createClient({ baseURL, ca, apiKey, retry: false })
    const say = (value) => {
      process.stdout.write(value)
      const said = performance.now()
      // A kept connection that holds the process would do so for four seconds, a limit of the client for thirty.
      process.on('exit', () => process.stdout.write(performance.now() - said < 3_000 ? ', at once' : ', late'))
    }
    ${body}`
  const env = (): Record<string, string> => ({ URL_: server.url, CA: authority.ca, KEY: API_KEY })

  test.each([
    ['after a success', "await client.request('GET', '/api/x'); say('end')"],
    [
      'after many at once',
      "await Promise.all(Array.from({ length: 20 }, () => client.request('GET', '/api/x'))); say('end')",
    ],
    ['after a failure', "await client.request('GET', '/api/held', { timeout: 50 }).catch(() => say('end'))"],
    [
      'after an abort',
      "await client.request('GET', '/api/held', { signal: AbortSignal.timeout(50) }).catch(() => say('end'))",
    ],
    ['without a call', "say('end')"],
  ])('ends %s', async (_, body) => {
    const { code, stdout, stderr } = await runNode(program(body), env())
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'end, at once', stderr: '' })
  })
})
