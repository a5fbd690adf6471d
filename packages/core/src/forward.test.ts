import { describe, expect, it } from 'vitest'
import { createStubFetch, ENDPOINTS, getThing, KEY, moveThing, type StubOutcome, thingApi } from '../test/stub-fetch.ts'
import { CANARY, chunked, json, stubFetch } from '../test/transport.ts'
import { createVirtualClock } from '../test/virtual-clock.ts'
import { createForwarder, type Forwarder, type ForwardResult } from './forward.ts'

const read = { endpoint: getThing, path: '/thing', query: '' }

async function readAll({ stream }: ForwardResult): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (let chunk = await stream?.read(); chunk; chunk = await stream?.read())
    text += decoder.decode(chunk, { stream: true })
  return text
}

function onClock(answer: (index: number) => StubOutcome) {
  const clock = createVirtualClock()
  const { fetch, deliveries } = createStubFetch(clock, (_, index) => answer(index))
  const forward = createForwarder({ api: thingApi, apiKey: KEY, fetch, runtime: clock.runtime })
  const ask = (request: Parameters<Forwarder>[0] = read) => clock.run(forward(request))
  return { ask, clock, deliveries, forward }
}

describe('createForwarder', () => {
  it('sends the key, the query and the given headers, and hands the body out as it comes', async () => {
    const { fetch, sent } = stubFetch(() => chunked(['{"a":', '1}']))
    const forward = createForwarder({ api: thingApi, apiKey: KEY, fetch })
    const result = await forward({ ...read, query: 'a=1&b=2', headers: { 'accept-language': 'de' } })
    expect(await readAll(result)).toBe('{"a":1}')
    expect(sent[0]?.url).toBe('https://things.example/thing?a=1&b=2')
    expect(sent[0]?.headers.get('x-api-key')).toBe(KEY)
    expect(sent[0]?.headers.get('accept-language')).toBe('de')
  })

  it('hides a key that is echoed across two pieces', async () => {
    const { fetch } = stubFetch(() => chunked([`["${CANARY.slice(0, 9)}`, `${CANARY.slice(9)}"]`]))
    const result = await createForwarder({ api: thingApi, apiKey: CANARY, fetch })(read)
    expect(await readAll(result)).toBe('["[redacted]"]')
  })

  it.each(Object.entries(ENDPOINTS))('sends a %s request once, whatever comes', async (_, endpoint) => {
    for (const outcome of [{ status: 503 }, { status: 500 }, { code: 'ECONNREFUSED' }, { code: 'ECONNRESET' }]) {
      const { ask, deliveries } = onClock(() => outcome)
      const { error } = await ask({ endpoint, path: endpoint.path, query: '', body: '{}' })
      expect(error?.code).toBe('status' in outcome ? 'server_error' : 'network')
      expect(deliveries).toHaveLength(1)
    }
  })

  it('asks once more when the key was rejected and its source has another', async () => {
    const { fetch, sent } = stubFetch(({ headers }) =>
      headers.get('x-api-key') === CANARY ? json({}) : json({ message: 'no' }, 401),
    )
    const apiKey = ({ rejected }: { rejected: boolean }) => (rejected ? CANARY : KEY)
    const result = await createForwarder({ api: thingApi, apiKey, fetch })(read)
    expect(result.error).toBeUndefined()
    expect(sent.map(({ headers }) => headers.get('x-api-key'))).toEqual([KEY, CANARY])
  })

  it('refuses while the API wants to be left alone, and says for how long', async () => {
    const { ask, deliveries } = onClock(() => ({ status: 429, headers: { 'retry-after': '30' } }))
    expect((await ask()).error).toMatchObject({ code: 'rate_limited', outcome: 'rejected', retryAfter: 30_000 })
    const second = await ask()
    expect(second.error).toMatchObject({ code: 'rate_limited', outcome: 'not_sent' })
    expect(second.error?.retryAfter).toBeGreaterThanOrEqual(30_000)
    expect(deliveries).toHaveLength(1)
  })

  it.each(['//evil.example', '/../thing', 'https://evil.example/', '/a%2fb'])('refuses the path %s', async (path) => {
    const { ask, deliveries } = onClock(() => ({ status: 200 }))
    expect((await ask({ ...read, path })).error?.code).toBe('insecure_url')
    expect(deliveries).toHaveLength(0)
  })

  it('ends at the time limit, also in the body', async () => {
    const { ask } = onClock(() => 'silence')
    expect((await ask()).error).toMatchObject({ code: 'timeout', scope: 'attempt' })
  })

  it('breaks off with a typed error when the body does', async () => {
    const { fetch } = stubFetch(() => chunked(['{"a"'], { error: new Error('gone') }))
    const result = await createForwarder({ api: thingApi, apiKey: KEY, fetch })(read)
    await expect(readAll(result)).rejects.toMatchObject({ code: 'network', phase: 'body', outcome: 'accepted' })
  })

  it('breaks off past maxResponseBytes', async () => {
    const { fetch } = stubFetch(() => chunked(['x'.repeat(2_000)]))
    const result = await createForwarder({ api: thingApi, apiKey: KEY, fetch, maxResponseBytes: 1_000 })(read)
    await expect(readAll(result)).rejects.toMatchObject({ code: 'response_too_large' })
  })

  it('ends upstream when it is given up, before the head and after', async () => {
    const controller = new AbortController()
    const { fetch, sent } = stubFetch(() => new Promise(() => {}))
    const waiting = createForwarder({ api: thingApi, apiKey: KEY, fetch })({ ...read, signal: controller.signal })
    controller.abort()
    expect((await waiting).error?.code).toBe('aborted')
    expect(sent.every(({ init }) => init.signal?.aborted)).toBe(true)

    const streaming = stubFetch(() => chunked(['{', '}']))
    const result = await createForwarder({ api: thingApi, apiKey: KEY, fetch: streaming.fetch })(read)
    result.stream?.cancel()
    expect(streaming.sent[0]?.init.signal?.aborted).toBe(true)
    expect(await result.stream?.read()).toBeUndefined()
  })

  it('refuses what comes after its end, and is not ready without a key', async () => {
    const { ask, forward, deliveries } = onClock(() => ({ status: 200 }))
    await forward.ready()
    await forward.close()
    expect((await ask({ ...read, endpoint: moveThing, path: '/move' })).error?.code).toBe('configuration')
    expect(deliveries).toHaveLength(0)
    await expect(createForwarder({ api: thingApi, apiKey: () => '' }).ready()).rejects.toThrow('there is no key')
  })
})
