import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { findLeaks } from '../test/leaks.ts'
import { type Answer, CANARY, chunked, json, rejection, stubClient } from '../test/transport.ts'
import { createVirtualClock } from '../test/virtual-clock.ts'
import {
  AbortError,
  type ClientOptions,
  createCaller,
  endpoint,
  NetworkError,
  type OneBalanceError,
  OutcomeUnknownError,
  RateLimitError,
  ResponseError,
  TimeoutError,
} from './index.ts'

const listNothing = endpoint({ method: 'GET', path: '/nothing', output: v.array(v.unknown()), retry: 'safe' })
const move = endpoint({ method: 'POST', path: '/move', output: v.looseObject({}), retry: 'once' })
const never = new Promise<Response>(() => {})

/** What `listNothing` comes to when the API answers so. */
function answered(answer: Answer, options: Partial<ClientOptions> = {}) {
  return rejection<OneBalanceError>(list(answer, options))
}

function list(answer: Answer, options: Partial<ClientOptions> = {}) {
  const { fetch } = stubOf(answer)
  return createCaller({ apiKey: CANARY, fetch, retry: false, ...options })(listNothing)
}

function stubOf(answer: Answer) {
  const sent: unknown[] = []
  const fetch = vi.fn((url: string, init: RequestInit) => {
    sent.push(url)
    const { signal } = init
    return new Promise<Response>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      Promise.resolve(
        answer({ url, init, method: '', headers: new Headers(), text: async () => '' }, sent.length - 1),
      ).then(resolve, reject)
    })
  })
  return { fetch, sent }
}

describe('a 2xx that cannot be used', () => {
  const page = `<!DOCTYPE html><title>Welcome</title>${'<p>x</p>'.repeat(1_000)}`
  it.each<[string, () => Response, RegExp]>([
    [
      'HTML',
      () => new Response(page, { headers: { 'content-type': 'text/html' } }),
      /200, but the body is not JSON: <!DOCTYPE/,
    ],
    ['empty', () => new Response(''), /the body is empty/],
    ['blank', () => new Response(' \n'), /the body is empty/],
    ['no body', () => new Response(null, { status: 204 }), /the body is empty/],
    ['null', () => new Response('null'), /off contract/],
    ['an object for a list', () => new Response('{}'), /off contract/],
    ['a text for a list', () => new Response('"text"'), /off contract/],
    ['truncated JSON', () => new Response('[{"a":'), /not JSON/],
    ['JSON and more', () => new Response('[] []'), /not JSON/],
    ['not UTF-8', () => chunked([new Uint8Array([0x5b, 0xff, 0x5d])]), /not UTF-8/],
    ['UTF-16', () => chunked([new Uint8Array([0xff, 0xfe, 0x5b, 0, 0x5d, 0])]), /not UTF-8/],
    ['UTF-16 without a mark', () => chunked([new Uint8Array([0x5b, 0, 0x5d, 0])]), /not JSON/],
    ['UTF-8 cut within a character', () => chunked(['["', new Uint8Array([0xe2, 0x82])]), /not UTF-8/],
    [
      'compressed twice',
      () => new Response('[]', { headers: { 'content-encoding': 'gzip, gzip' } }),
      /compressed more than once/,
    ],
    ['a lone quote', () => new Response('"'), /not JSON/],
  ])('%s', async (_, response, message) => {
    const error = await answered(response)
    expect(error).toBeInstanceOf(ResponseError)
    expect(error).toMatchObject({
      code: 'invalid_response',
      outcome: 'accepted',
      stopped: 'not_retryable',
      retryable: false,
    })
    expect(error.message).toMatch(message)
    expect(error.message.length).toBeLessThan(300)
  })

  it('is not tried again', async () => {
    const { client, sent } = stubClient(() => new Response('<p>'))
    await rejection(client.assets.list())
    expect(sent).toHaveLength(1)
  })

  it('names the fields that are off contract, without their values', async () => {
    const { client } = stubClient(() => json([{ aggregatedAssetId: 7, symbol: CANARY, name: 'x', decimals: CANARY }]))
    const error = await rejection<ResponseError>(client.assets.list())
    expect(error.issues.map(({ path }) => path)).toContain('0.decimals')
    expect(error.message).toContain('0.decimals')
    expect(findLeaks(error, CANARY)).toEqual([])
    expect(JSON.stringify(error.issues)).not.toContain('7')
  })

  it('has a message of one line, however a field is called', async () => {
    const map = endpoint({ method: 'GET', path: '/map', output: v.record(v.string(), v.string()), retry: 'safe' })
    const { fetch } = stubOf(() => json({ [`a\n\u001b[31m${'b'.repeat(5_000)}`]: 7 }))
    const error = await rejection<ResponseError>(createCaller({ apiKey: CANARY, fetch })(map))
    expect(error.message).toMatch(/^GET \/map: 200, but the body is off contract: a \[31mb+…: must be string$/)
    expect(error.message.length).toBeLessThan(300)
  })

  it('is handed out unchecked where the user says so, if it is JSON', async () => {
    const { client } = stubClient(() => json({ not: 'a list' }), { validate: false })
    expect(await client.assets.list()).toEqual({ not: 'a list' })
    await expect(client.assets.list(undefined, { validate: true })).rejects.toBeInstanceOf(ResponseError)
  })
})

describe('a 2xx that is odd, and fine', () => {
  it.each<[string, () => Response, unknown]>([
    ['a BOM', () => new Response('\ufeff[1]'), [1]],
    ['duplicate names', () => new Response('[{"a":1,"a":2}]'), [{ a: 2 }]],
    ['lone surrogates as escapes', () => new Response('["\\ud800"]'), ['\ud800']],
    ['white space around', () => new Response('\n [ ] \n'), []],
    ['another content type', () => new Response('[]', { headers: { 'content-type': 'text/html' } }), []],
    ['201', () => json([], 201), []],
    ['one compression layer', () => new Response('[]', { headers: { 'content-encoding': 'gzip' } }), []],
    [
      'a character split over chunks',
      () => chunked(['["', new Uint8Array([0xe2]), new Uint8Array([0x82, 0xac]), '"]']),
      ['€'],
    ],
    ['empty chunks', () => chunked(['[', new Uint8Array(0), ']']), []],
  ])('%s', async (_, response, data) => {
    expect(await list(response)).toEqual(data)
  })

  it('100 000 levels deep', async () => {
    const text = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(Array.isArray(await list(() => new Response(text)))).toBe(true)
    const error = await answered(() => new Response('['.repeat(100_000)))
    expect(error).toMatchObject({ code: 'invalid_response' })
    const { client } = stubClient(() => new Response(`{"message":${text}}`, { status: 400 }))
    expect(await rejection(client.assets.list())).toMatchObject({ code: 'request_rejected' })
  }, 2_000)

  it('keeps the names and the order of what JSON.parse gives', async () => {
    const text = '[{"z":1,"__proto__":{"a":1},"constructor":2,"10":3,"a":4}]'
    const data = await list(() => new Response(text))
    expect(JSON.stringify(data)).toBe(JSON.stringify(JSON.parse(text)))
    expect(({} as { a?: unknown }).a).toBeUndefined()
  })

  it('no body to a raw request is nothing', async () => {
    const { client } = stubClient(() => new Response(null, { status: 204 }))
    expect(await client.request('DELETE', '/x')).toBeUndefined()
    expect(await client.request('HEAD', '/x')).toBeUndefined()
  })
})

describe('a body', () => {
  it('past maxResponseBytes is cut, and its source cancelled', async () => {
    const onCancel = vi.fn()
    let sentBytes = 0
    const endless = () =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            sentBytes += 1_024
            controller.enqueue(new Uint8Array(1_024).fill(0x20))
          },
          cancel: onCancel,
        }),
      )
    const error = await answered(endless, { maxResponseBytes: 100_000 })
    expect(error).toBeInstanceOf(ResponseError)
    expect(error).toMatchObject({ code: 'response_too_large', outcome: 'accepted', retryable: false })
    expect(error.message).toContain('100000')
    expect(sentBytes).toBeLessThan(110_000)
    expect(onCancel).toHaveBeenCalledTimes(1)
  })

  it('of exactly maxResponseBytes is fine, whatever its length header says', async () => {
    const answer = () => new Response(`["${'x'.repeat(6)}"]`, { headers: { 'content-length': '1' } })
    expect(await list(answer, { maxResponseBytes: 10 })).toEqual(['xxxxxx'])
    expect(await answered(answer, { maxResponseBytes: 9 })).toMatchObject({ code: 'response_too_large' })
  })

  it('counts bytes, not characters', async () => {
    expect(await answered(() => new Response('["€€€"]'), { maxResponseBytes: 12 })).toMatchObject({
      code: 'response_too_large',
    })
  })

  it('that breaks is a network error of the body', async () => {
    const cut = () => chunked(['[{"a'], { error: new TypeError('terminated') })
    const error = await answered(cut)
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ phase: 'body', outcome: 'accepted', status: 200, retryable: true })
    const { client, sent } = stubClient((_, index) => (index < 2 ? cut() : json([])))
    await client.assets.list()
    expect(sent).toHaveLength(3)
  })
})

describe('a redirect', () => {
  const to = (status: number, location?: string) => () =>
    new Response(null, { status, ...(location && { headers: { location } }) })

  it.each([300, 301, 302, 303, 304, 305, 307, 308])(
    '%i is not followed, to another place or the same',
    async (status) => {
      for (const location of [
        'https://evil.test/x?key=secret-query#secret',
        '/api/elsewhere',
        'http://be.onebalance.io/',
        undefined,
      ]) {
        const { client, sent } = stubClient(to(status, location))
        const error = await rejection<ResponseError>(client.assets.list())
        expect(error).toBeInstanceOf(ResponseError)
        expect(error).toMatchObject({
          code: 'unexpected_redirect',
          outcome: 'rejected',
          status,
          stopped: 'not_retryable',
        })
        expect(error.message).not.toContain('secret')
        if (location?.startsWith('https:')) expect(error.message).toContain('https://evil.test/x')
        expect(sent).toHaveLength(1)
      }
    },
  )

  it('is not followed for a once call, and is no unknown outcome', async () => {
    const { client, sent } = stubClient(to(307, 'https://evil.test/'))
    expect(await rejection(client.request('POST', '/x', { body: {} }))).toMatchObject({ code: 'unexpected_redirect' })
    expect(sent).toHaveLength(1)
  })

  it('that a browser hides is known by its status 0', async () => {
    const opaque = Object.defineProperties(new Response(null), {
      status: { value: 0 },
      type: { value: 'opaqueredirect' },
    })
    const error = await answered(() => opaque)
    expect(error).toMatchObject({ code: 'unexpected_redirect', outcome: 'rejected' })
    expect(error.status).toBeUndefined()
    expect(error.message).toContain('opaque')
  })

  it('shows no key from its target', async () => {
    const error = await answered(to(302, `https://evil.test/${'a'.repeat(150)}/${CANARY}`))
    expect(findLeaks(error, CANARY)).toEqual([])
  })
})

describe('a time limit', () => {
  it.each<[string, Answer, object]>([
    ['before the head', () => never, { outcome: 'unknown' }],
    ['in the body', () => chunked(['[1,'], { ends: false }), { outcome: 'accepted', status: 200 }],
    ['before the first byte of the body', () => chunked([], { ends: false }), { outcome: 'accepted', status: 200 }],
  ])('of an attempt ends it %s', async (_, answer, expected) => {
    const clock = createVirtualClock()
    const call = answered(answer, { timeout: 1_000, runtime: clock.runtime })
    await clock.advance(999)
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    const error = await call
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({
      scope: 'attempt',
      retryable: true,
      attempts: [{ durationMs: 1_000, error: 'timeout' }],
      ...expected,
    })
    expect(error.message).toContain('1000 ms')
    expect(clock.pending).toBe(0)
  })

  it('that is the whole call’s says so', async () => {
    const clock = createVirtualClock()
    const call = answered(() => never, { timeout: 5_000, deadline: 700, runtime: clock.runtime })
    await clock.advance(700)
    expect(await call).toMatchObject({ code: 'timeout', scope: 'deadline', outcome: 'unknown' })
    expect(clock.pending).toBe(0)
  })

  it('covers a body that trickles', async () => {
    const clock = createVirtualClock()
    const trickle = () =>
      new Response(
        new ReadableStream<Uint8Array>(
          {
            pull: (controller) =>
              new Promise((resolve) => {
                clock.runtime.setTimer(5_000, () => {
                  controller.enqueue(new TextEncoder().encode(' '))
                  resolve()
                })
              }),
          },
          { highWaterMark: 0 },
        ),
      )
    const call = answered(trickle, { timeout: 12_000, runtime: clock.runtime })
    await clock.advance(12_000)
    expect(await call).toMatchObject({ code: 'timeout', outcome: 'accepted' })
  })

  it('discards an answer that comes too late', async () => {
    const clock = createVirtualClock()
    const onCancel = vi.fn()
    // A transport that does not listen to its signal.
    const fetch = () =>
      new Promise<Response>((resolve) => {
        clock.runtime.setTimer(2_000, () => resolve(chunked(['['], { ends: false, onCancel })))
      })
    const call = rejection(
      createCaller({ apiKey: CANARY, fetch, retry: false, timeout: 1_000, runtime: clock.runtime })(listNothing),
    )
    await clock.advance(1_000)
    expect(await call).toBeInstanceOf(TimeoutError)
    await clock.advance(1_000)
    expect(onCancel).toHaveBeenCalledTimes(1)
  })

  it('on a call that moves value hides its outcome', async () => {
    const clock = createVirtualClock()
    const { fetch, sent } = stubOf(() => never)
    const call = rejection<OutcomeUnknownError>(
      createCaller({ apiKey: CANARY, fetch, timeout: 1_000, runtime: clock.runtime })(move, {}),
    )
    await clock.advance(1_000)
    const error = await call
    expect(error).toBeInstanceOf(OutcomeUnknownError)
    expect(error).toMatchObject({ outcome: 'unknown', cause: { code: 'timeout' } })
    await clock.advance(200_000)
    expect(sent).toHaveLength(1)
  })
})

describe('an abort', () => {
  const reason = { why: 'the user left' }

  it('before the start sends nothing and asks for no key', async () => {
    const apiKey = vi.fn(() => CANARY)
    const { client, sent } = stubClient(undefined, { apiKey })
    const error = await rejection<AbortError>(client.assets.list(undefined, { signal: AbortSignal.abort(reason) }))
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ code: 'aborted', outcome: 'not_sent', stopped: 'aborted', attempts: [] })
    expect(error.cause).toBe(reason)
    expect(sent).toHaveLength(0)
    expect(apiKey).not.toHaveBeenCalled()
  })

  it.each<[string, Answer, Partial<ClientOptions>, object]>([
    ['while the key is asked for', () => json([]), { apiKey: () => new Promise(() => {}) }, { outcome: 'not_sent' }],
    ['before the head', () => never, {}, { outcome: 'unknown' }],
    ['in the body', () => chunked(['['], { ends: false }), {}, { outcome: 'accepted' }],
    ['in the body of an error', () => chunked(['{'], { status: 400, ends: false }), {}, { outcome: 'rejected' }],
    ['in a backoff', () => json({}, 503), { retry: { baseDelay: 10_000, maxDelay: 10_000 } }, { outcome: 'unknown' }],
    ['after a 429', () => json({}, 429, { 'retry-after': '50' }), { retry: {} }, { outcome: 'unknown' }],
    [
      'while a new key is asked for',
      () => json({}, 401),
      { apiKey: ({ rejected }) => (rejected ? new Promise(() => {}) : CANARY) },
      {},
    ],
  ])('%s ends the call at once', async (_, answer, options, expected) => {
    const clock = createVirtualClock()
    const controller = new AbortController()
    const { fetch, sent } = stubOf(answer)
    const call = createCaller({
      apiKey: CANARY,
      fetch,
      retry: false,
      runtime: { ...clock.runtime, random: () => 0.5 },
      ...options,
    })
    let error: unknown
    const done = call(listNothing, undefined, { signal: controller.signal }).catch((caught: unknown) => {
      error = caught
    })
    await clock.advance(100)
    expect(error).toBeUndefined()
    const before = sent.length
    controller.abort(reason)
    await clock.settle()
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ code: 'aborted', stopped: 'aborted', cause: reason, ...expected })
    expect(sent.length).toBe(before)
    expect(clock.pending).toBe(0)
    await done
  })

  it('while it waits at the gate ends the call, and leaves the others in line', async () => {
    const clock = createVirtualClock()
    const controller = new AbortController()
    const releases: ((response: Response) => void)[] = []
    const { fetch, sent } = stubOf(() => new Promise((resolve) => releases.push(resolve)))
    const call = createCaller({ apiKey: CANARY, fetch, maxConcurrent: 1, runtime: clock.runtime })
    const first = call(listNothing)
    const second = rejection(call(listNothing, undefined, { signal: controller.signal }))
    const third = call(listNothing)
    await clock.settle()
    controller.abort(reason)
    expect(await second).toMatchObject({ code: 'aborted', outcome: 'not_sent', attempts: [], cause: reason })
    expect(sent).toHaveLength(1)
    releases[0]?.(json([]))
    await first
    await clock.settle()
    releases[1]?.(json([]))
    await third
    expect(sent).toHaveLength(2)
  })

  it.each<[string, Answer]>([
    ['before the head', () => never],
    ['in the body', () => chunked(['{'], { ends: false })],
  ])('of a call that moves value, %s, says that its outcome is unknown', async (_, answer) => {
    const clock = createVirtualClock()
    const controller = new AbortController()
    const { fetch } = stubOf(answer)
    const call = rejection(
      createCaller({ apiKey: CANARY, fetch, runtime: clock.runtime })(move, {}, { signal: controller.signal }),
    )
    await clock.settle()
    controller.abort(reason)
    expect(await call).toMatchObject({ code: 'aborted', outcome: 'unknown', cause: reason })
  })

  it('wins over what the transport makes of it', async () => {
    const controller = new AbortController()
    const error = await answered(() => {
      controller.abort(reason)
      throw new TypeError('something else')
    })
    expect(error).toBeInstanceOf(NetworkError)
    const aborted = new AbortController()
    const { client } = stubClient(() => {
      aborted.abort(reason)
      throw new TypeError('something else')
    })
    expect(await rejection(client.assets.list(undefined, { signal: aborted.signal }))).toBeInstanceOf(AbortError)
  })

  it('may have any reason', async () => {
    for (const odd of [undefined, null, 'text', 7n, Object.create(null), new DOMException('gone', 'AbortError')]) {
      const controller = new AbortController()
      const { client } = stubClient(() => never)
      const call = rejection<AbortError>(client.assets.list(undefined, { signal: controller.signal }))
      controller.abort(odd)
      const error = await call
      expect(error).toBeInstanceOf(AbortError)
      if (odd !== undefined) expect(error.cause).toBe(odd)
      expect(() => JSON.stringify(error)).not.toThrow()
    }
  })
})

describe('nothing is left behind', () => {
  it('on a signal after 10 000 calls of every kind', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    const live = new Set<unknown>()
    Object.assign(signal, {
      addEventListener: (type: string, listener: () => void, options: AddEventListenerOptions) => {
        listeners += 1
        live.add(listener)
        add(type, listener, options)
      },
      removeEventListener: (type: string, listener: () => void) => {
        live.delete(listener)
        remove(type, listener)
      },
    })
    const clock = createVirtualClock()
    const answers: Answer[] = [
      () => json([]),
      () => json({}, 400),
      () => json({}, 503),
      () => {
        throw new TypeError('fetch failed')
      },
      () => new Response('<p>'),
    ]
    const { fetch } = stubOf((sent, index) => (answers[index % answers.length] as Answer)(sent, index))
    const call = createCaller({
      apiKey: async () => CANARY,
      fetch,
      maxConcurrent: 5,
      runtime: { now: clock.now, setTimer: clock.runtime.setTimer, sleep: async () => {} },
    })
    for (let batch = 0; batch < 1_000; batch += 1) {
      const calls = Array.from({ length: 10 }, () => call(listNothing, undefined, { signal }).catch(() => {}))
      await clock.run(Promise.all(calls))
    }
    expect(listeners).toBeGreaterThan(0)
    expect(live.size).toBe(0)
    expect(clock.pending).toBe(0)
  }, 30_000)

  it('of timers, after answers, errors, and a long timeout', async () => {
    const clock = createVirtualClock()
    const { fetch } = stubOf((_, index) => (index % 2 ? json([]) : json({}, 400)))
    const call = createCaller({ apiKey: CANARY, fetch, timeout: 2 ** 40, deadline: 2 ** 41, runtime: clock.runtime })
    for (let index = 0; index < 10; index += 1) await call(listNothing).catch(() => {})
    expect(clock.pending).toBe(0)
  })
})

describe('what the API echoes', () => {
  const escaped = [...CANARY].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')

  it.each([
    ['plain', JSON.stringify([{ key: CANARY, list: [`Bearer ${CANARY}`] }])],
    ['as a name', JSON.stringify([{ [CANARY]: 1 }])],
    ['JSON-escaped', `[{"key":"${escaped}"}]`],
    ['JSON-escaped as a name', `[{"${escaped}":1}]`],
    ['JSON in JSON', JSON.stringify([JSON.stringify({ key: CANARY })])],
    ['200 levels deep', `${'['.repeat(200)}"${escaped}"${']'.repeat(200)}`],
  ])('in a 2xx body is redacted: %s', async (_, text) => {
    const data = await list(() => new Response(text))
    expect(JSON.stringify(data)).toContain('[redacted]')
    expect(findLeaks(data, CANARY)).toEqual([])
  })

  it('in headers is redacted, in those of errors too', async () => {
    const headers = { 'x-request-id': `id-${CANARY}`, 'x-echo': CANARY }
    const { client } = stubClient((_, index) => json(index === 0 ? [] : {}, index === 0 ? 200 : 400, headers))
    const { response } = await client.assets.list().withResponse()
    expect(response.requestId).toBe('id-[redacted]')
    expect(response.headers.get('x-echo')).toBe('[redacted]')
    const error = await rejection<OneBalanceError>(client.assets.list())
    expect(error.requestId).toBe('id-[redacted]')
    expect(findLeaks([response, error], CANARY)).toEqual([])
  })

  it('in what is not JSON is redacted', async () => {
    const error = await answered(() => new Response(`<p>${'a'.repeat(150)} ${CANARY}`))
    expect(findLeaks(error, CANARY)).toEqual([])
  })
})

describe('an error of the transport', () => {
  it.each<[string, unknown]>([
    ['that quotes the key', new TypeError(`Headers.append: "${CANARY}" is an invalid header value.`)],
    ['that quotes it in its cause', new TypeError('fetch failed', { cause: new Error(`bad ${CANARY}`) })],
    ['with the key across the end of the message', new TypeError(`${'x'.repeat(190)}${CANARY}`)],
    [
      'that holds the request',
      Object.assign(new TypeError('fetch failed'), {
        options: { headers: { 'x-api-key': CANARY } },
        request: new Headers({ 'x-api-key': CANARY }),
      }),
    ],
    ['that is a text', `bad ${CANARY}`],
    ['that is an object', { key: CANARY }],
    ['with the key in its stack', Object.assign(new Error('x'), { stack: `Error: ${CANARY}` })],
    ['with the key in its name', Object.assign(new Error('x'), { name: CANARY })],
    ['with the key as its code', Object.assign(new Error('x'), { code: CANARY })],
  ])('%s does not leak it', async (_, thrown) => {
    const error = await answered(() => {
      throw thrown
    })
    expect(error).toBeInstanceOf(NetworkError)
    expect(findLeaks(error, CANARY)).toEqual([])
    expect(findLeaks(error.toJSON(), CANARY)).toEqual([])
  })

  it('keeps name, message and code of what happened', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
    const error = await answered(() => {
      throw new TypeError('fetch failed', { cause })
    })
    expect(error).toMatchObject({
      code: 'network',
      phase: 'connect',
      outcome: 'not_sent',
      retryable: true,
      cause: {
        name: 'TypeError',
        message: 'fetch failed',
        cause: { message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
      },
    })
    expect(error.message).toContain('connect ECONNREFUSED')
  })

  it('about a certificate is final, and points to `ca`', async () => {
    const cause = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    const { client, sent } = stubClient(() => {
      throw new TypeError('fetch failed', { cause })
    })
    const error = await rejection<OneBalanceError>(client.assets.list())
    expect(error).toMatchObject({ code: 'network', phase: 'connect', outcome: 'not_sent', retryable: false })
    expect(error.hint).toContain('`ca`')
    expect(sent).toHaveLength(1)
  })
})

it('the gate refuses what does not fit the deadline, with nothing sent', async () => {
  const clock = createVirtualClock()
  const { fetch, sent } = stubOf(() => json({}, 429, { 'retry-after': '30' }))
  const call = createCaller({ apiKey: CANARY, fetch, retry: false, runtime: clock.runtime })
  await rejection(call(listNothing))
  const error = await rejection<RateLimitError>(call(listNothing, undefined, { deadline: 10_000 }))
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({ outcome: 'not_sent', attempts: [] })
  expect(error.retryAfter).toBeGreaterThanOrEqual(30_000)
  expect(sent).toHaveLength(1)
})
