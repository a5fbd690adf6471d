import { equal, matches, ok, rejectionOf, thrownBy } from '../assert.ts'
import { CANARY, type Case, group } from '../context.ts'
import { NO_ENVIRONMENT } from '../limits.ts'
import { headerValues } from '../server.ts'

const GOOD = 'a-key-of-good-length-0123456789'

/** `[id, what, value, message]` */
const BAD: readonly (readonly [string, string, unknown, RegExp?])[] = [
  ['K1', 'empty', ''],
  ['K1b', 'spaces only', '    '],
  ['K2', 'an object', {}],
  ['K2b', 'a number', 1234567890123456],
  ['K2c', 'an array', [GOOD]],
  ['K2d', 'true', true],
  ['K3', 'a line feed at its end', `${GOOD}\n`, /\bend\b/],
  ['K3b', 'CRLF at its end', `${GOOD}\r\n`, /\bend\b/],
  ['K3c', 'a space at its start', ` ${GOOD}`, /\bstart\b/],
  ['K3d', 'a space inside', `${GOOD} ${GOOD}`],
  ['K4', 'CRLF and a header inside', `${GOOD}\r\nx-evil: 1`],
  ['K4b', 'a line feed inside', `${GOOD}\nx`],
  ['K4c', 'NUL inside', `${GOOD}\u0000x`],
  ['K5', 'a letter outside ASCII', `${GOOD}é`],
  ['K5b', 'a zero-width space', `${GOOD}\u200b`],
  ['K5c', 'a byte order mark', `\ufeff${GOOD}`],
  ['K6', 'a placeholder', 'YOUR_API_KEY'],
  ['K6b', 'a longer placeholder', 'your-onebalance-api-key'],
  ['K6c', 'a placeholder in angle brackets', '<your api key here>'],
  ['K6d', 'a template that was not filled in', `$${'{ONEBALANCE_API_KEY}'}`],
  ['K7', '15 characters', 'x1'.repeat(8).slice(1)],
  ['K7b', '513 characters', `${'x1'.repeat(256)}x`],
]

const REFUSED_HEADERS = [
  ['K8', 'x-api-key'],
  ['K8b', 'X-API-KEY'],
  ['K8c', 'X-Api-Key'],
  ['K11', 'host'],
  ['K11b', 'content-length'],
  ['K11c', 'transfer-encoding'],
  ['K11d', 'connection'],
  ['K11e', 'cookie'],
  ['K11f', 'proxy-authorization'],
  ['K11g', 'te'],
  ['K11h', 'upgrade'],
  ['K11i', 'keep-alive'],
  ['K11j', 'Host'],
] as const

/** 4.2: what may be a key, and what is sent of it. */
export const keys: Case[] = group('key', [
  ...BAD.map(([id, what, value, message]) => ({
    id,
    title: `a literal that is ${what} is refused at creation, and not shown`,
    needs: 'key' as const,
    run({ adapter, core }: Parameters<Case['run']>[0]) {
      const error = thrownBy(() => adapter.createClient({ apiKey: value as string, baseURL: 'https://127.0.0.1:1' }))
      ok(error instanceof core.ConfigurationError, `the error is a ${(error as Error).name}`)
      equal(error.outcome, 'not_sent', 'outcome')
      if (message) matches(error.message, message, 'message')
      const shown = `${error.message}${error.hint}${JSON.stringify(error)}${error.stack}`
      ok(!shown.includes(GOOD) && !shown.includes('x-evil'), 'a part of the value is shown')
    },
  })),
  ...BAD.filter(([id]) => ['K1', 'K2', 'K3', 'K4', 'K4c', 'K6'].includes(id)).map(([id, what, value]) => ({
    id: `${id}-source`,
    title: `a source that gives ${what} fails the first call, and nothing is sent`,
    needs: 'key' as const,
    async run({ client, core, server }: Parameters<Case['run']>[0]) {
      const { url, log } = await server()
      const error = await rejectionOf(client({ baseURL: url, apiKey: () => value as string }).assets.list())
      ok(error instanceof core.ConfigurationError, `the error is a ${(error as Error).name}`)
      equal((await log()).connections, 0, 'connections')
      ok(!`${error.message}${error.stack}${JSON.stringify(error)}`.includes(GOOD), 'a part of the value is shown')
    },
  })),
  {
    id: 'K1c',
    needs: 'key',
    title: 'without a key, the first call says that there is none',
    async run({ core, server }) {
      const { url, log } = await server()
      const error = await rejectionOf(core.createClient({ baseURL: url }).assets.list())
      ok(error instanceof core.ConfigurationError, `the error is a ${(error as Error).name}`)
      equal((await log()).connections, 0, 'connections')
    },
  },
  {
    id: 'K1d',
    needs: 'key',
    title: '`null` sends no key',
    async run({ client, server }) {
      const { url, log } = await server()
      await client({ baseURL: url, apiKey: null }).assets.list()
      equal(headerValues((await log()).deliveries[0], 'x-api-key'), [], 'keys on the wire')
    },
  },
  ...(['GET', 'POST'] as const).flatMap((method) =>
    (['safe', 'idempotent', 'once'] as const).map((retryClass) => ({
      id: `K9-${method}-${retryClass}`,
      title: `${method} (${retryClass}) carries the key once, spelled right, and no other credential`,
      async run({ client, server }: Parameters<Case['run']>[0]) {
        const { url, origin, log } = await server()
        await client({ baseURL: url }).request(method, '/api/x', {
          retryClass,
          ...(method === 'POST' && { body: { a: 1 } }),
        })
        const [delivery] = (await log()).deliveries
        equal(headerValues(delivery, 'x-api-key'), [CANARY], 'x-api-key')
        equal(headerValues(delivery, 'host'), [origin.replace('https://', '')], 'host')
        for (const name of ['authorization', 'cookie', 'idempotency-key', 'x-idempotency-key', 'x-ob-call'])
          equal(headerValues(delivery, name), [], name)
        equal(JSON.stringify(delivery).split(CANARY).length - 1, 1, 'places that hold the key')
      },
    })),
  ),
  ...REFUSED_HEADERS.map(([id, name]) => ({
    id,
    title: `the caller cannot set ${name}, neither for the client nor for a call`,
    async run({ client, core, server }: Parameters<Case['run']>[0]) {
      const { url, log } = await server()
      const headers = { [name]: 'value-of-the-caller' }
      const error = thrownBy(() => client({ baseURL: url, headers }))
      ok(error instanceof core.ConfigurationError, `the error is a ${(error as Error).name}`)
      const later = await rejectionOf(client({ baseURL: url }).assets.list(undefined, { headers }))
      ok(later instanceof core.ConfigurationError, `the error is a ${(later as Error).name}`)
      equal((await log()).connections, 0, 'connections')
    },
  })),
  {
    id: 'K10',
    needs: 'direct',
    title: 'headers of the client and of the call are sent, the call wins',
    async run({ client, server }) {
      const { url, log } = await server()
      const ob = client({ baseURL: url, headers: { 'x-a': 'client', 'X-B': 'client' } })
      await ob.assets.list(undefined, { headers: { 'x-b': 'call', traceparent: '00-1-1-00' } })
      const [delivery] = (await log()).deliveries
      equal(
        ['x-a', 'x-b', 'traceparent'].map((name) => headerValues(delivery, name)),
        [['client'], ['call'], ['00-1-1-00']],
        'headers',
      )
    },
  },
  {
    id: 'K10b',
    title: 'a header value with a line break is refused',
    async run({ client, core, server }) {
      const { url, log } = await server()
      const error = await rejectionOf(
        client({ baseURL: url }).assets.list(undefined, { headers: { 'x-a': 'a\r\nx-evil: 1' } }),
      )
      ok(error instanceof core.ConfigurationError, `the error is a ${(error as Error).name}`)
      equal((await log()).connections, 0, 'connections')
    },
  },
  {
    id: 'K10c',
    needs: 'direct',
    title: 'the user agent names the library, or is what the caller says',
    async run({ client, server }) {
      const { url, log } = await server()
      await client({ baseURL: url }).assets.list()
      await client({ baseURL: url, userAgent: 'shop/1' }).assets.list()
      const [first, second] = (await log()).deliveries
      matches(headerValues(first, 'user-agent')[0], /^onebalance-sdk\//, 'user-agent')
      equal(headerValues(second, 'user-agent'), ['shop/1'], 'user-agent')
    },
  },
  {
    id: 'K13',
    needs: 'key',
    title: 'a source that gives a promise is awaited, before every attempt',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ status: 503 }, {}] })
      let asked = 0
      const apiKey = async () => `${GOOD}${asked++}`
      await client({ baseURL: url, apiKey }).assets.list()
      equal(
        (await log()).deliveries.map((one) => headerValues(one, 'x-api-key')),
        [[`${GOOD}0`], [`${GOOD}1`]],
        'keys',
      )
    },
  },
  {
    id: 'K13b',
    needs: 'key',
    title: 'a source that rejects is a configuration error with its cause',
    async run({ client, core, server }) {
      const { url, log } = await server()
      const apiKey = () => Promise.reject(new Error('the vault is sealed'))
      const error = await rejectionOf(client({ baseURL: url, apiKey }).assets.list())
      ok(error instanceof core.ConfigurationError, `the error is a ${(error as Error).name}`)
      equal((error.cause as Error).message, 'the vault is sealed', 'cause')
      equal((await log()).connections, 0, 'connections')
    },
  },
  {
    id: 'K13c',
    needs: 'key',
    title: 'a source that hangs ends in a timeout, and nothing is sent',
    async run({ client, server }) {
      const { url, log } = await server()
      const apiKey = () => new Promise<string>(() => {})
      const error = await rejectionOf(client({ baseURL: url, apiKey, timeout: 60 }).assets.list())
      const { code, outcome } = error as { code: string; outcome: string }
      equal([code, outcome], ['timeout', 'not_sent'], 'code and outcome')
      equal((await log()).connections, 0, 'connections')
    },
  },
  {
    id: 'K14',
    needs: 'key',
    title: 'after a 401 the source is asked again, and its new key is tried once',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ status: 401 }, {}] })
      const questions: boolean[] = []
      const apiKey = ({ rejected }: { rejected: boolean }) => {
        questions.push(rejected)
        return rejected ? `${GOOD}-new` : `${GOOD}-old`
      }
      await client({ baseURL: url, apiKey, retry: false }).assets.list()
      equal(
        (await log()).deliveries.map((one) => headerValues(one, 'x-api-key')[0]),
        [`${GOOD}-old`, `${GOOD}-new`],
        'keys',
      )
      equal(questions.filter((rejected) => rejected).length, 1, 'questions after the rejection')
    },
  },
  {
    id: 'K14b',
    needs: 'key',
    title: 'a `once` POST that was refused with 401 is sent with the new key, once',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ status: 401 }, {}] })
      const apiKey = ({ rejected }: { rejected: boolean }) => (rejected ? `${GOOD}-new` : `${GOOD}-old`)
      await client({ baseURL: url, apiKey }).request('POST', '/api/x', { body: { a: 1 } })
      equal(
        (await log()).deliveries.map((one) => one.body),
        ['{"a":1}', '{"a":1}'],
        'bodies',
      )
    },
  },
  {
    id: 'K14c',
    needs: 'key',
    title: 'the same key again is not tried again',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ status: 401 }] })
      const error = await rejectionOf(client({ baseURL: url, apiKey: () => GOOD }).assets.list())
      equal((error as { code: string }).code, 'unauthorized', 'code')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  },
  {
    id: 'K14d',
    needs: 'key',
    title: 'a new key that is rejected as well ends the call',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ status: 401 }] })
      let count = 0
      const error = await rejectionOf(client({ baseURL: url, apiKey: () => `${GOOD}${count++}` }).assets.list())
      equal((error as { code: string }).code, 'unauthorized', 'code')
      equal((await log()).deliveries.length, 2, 'deliveries')
    },
  },
  {
    id: 'K14e',
    needs: 'key',
    title: '20 calls that are rejected at once ask the source once',
    async run({ client, server }) {
      const { url } = await server({ steps: [...Array.from({ length: 20 }, () => ({ status: 401, latency: 20 })), {}] })
      let questions = 0
      const apiKey = async ({ rejected }: { rejected: boolean }) => {
        if (rejected) questions += 1
        return rejected ? `${GOOD}-new` : `${GOOD}-old`
      }
      const ob = client({ baseURL: url, apiKey, retry: false })
      await Promise.allSettled(Array.from({ length: 20 }, () => ob.assets.list()))
      equal(questions, 1, 'questions after rejections')
    },
  },
  {
    id: 'K15',
    needs: 'environment',
    title: 'the key comes from ONEBALANCE_API_KEY, the base from ONEBALANCE_BASE_URL',
    limits: { workerd: NO_ENVIRONMENT },
    async run({ adapter, control, setup, trust }) {
      const from = await control.requestCount()
      const ob = adapter.createClient(trust(setup.sandbox.ca))
      await ob.assets.list()
      await ob.close()
      equal(
        (await control.requests(from)).map(({ status }) => status),
        [200],
        'statuses at the sandbox',
      )
    },
  },
  {
    id: 'K15b',
    needs: 'environment',
    title: 'the key comes from a file, trimmed',
    limits: { workerd: NO_ENVIRONMENT },
    async run({ adapter, setup, trust, control }) {
      const from = await control.requestCount()
      const { fileKey } = adapter
      ok(fileKey, 'the adapter has no fileKey')
      const ob = adapter.createClient({
        baseURL: setup.sandbox.url,
        apiKey: fileKey(setup.keyFile),
        ...trust(setup.sandbox.ca),
      })
      await ob.assets.list()
      await ob.close()
      equal(
        (await control.requests(from)).map(({ status }) => status),
        [200],
        'statuses at the sandbox',
      )
    },
  },
  {
    id: 'K15c',
    needs: 'environment',
    title: 'a key file that is not there is a configuration error that names it',
    limits: { workerd: NO_ENVIRONMENT },
    async run({ client, adapter, core }) {
      const { fileKey } = adapter
      ok(fileKey, 'the adapter has no fileKey')
      const path = '/nonexistent/onebalance-key'
      const error = await rejectionOf(client({ baseURL: 'https://127.0.0.1:1', apiKey: fileKey(path) }).assets.list())
      ok(error instanceof core.ConfigurationError, `the error is a ${(error as Error).name}`)
      ok(error.message.includes(path), `message ${error.message}`)
    },
  },
  {
    id: 'K19',
    title: 'other origins never see the key: 60 flows with redirects and faults',
    async run({ client, server }) {
      const [other, plain] = [await server(), await server({ kind: 'http' })]
      const statuses = [301, 302, 303, 307, 308]
      const steps = Array.from({ length: 60 }, (_, n) => {
        const target = n % 2 ? other : plain
        if (n % 4 === 3)
          return {
            status: 503,
            headers: {
              location: target.origin,
              refresh: `0; url=${target.origin}`,
              link: `<${target.origin}>; rel=preload`,
            },
          }
        return { status: statuses[n % 5] ?? 302, headers: { location: `${target.origin}/x` } }
      })
      const { url } = await server({ steps })
      const ob = client({ baseURL: url })
      for (let n = 0; n < 15; n += 1) {
        await ob.assets.list().catch(() => {})
        await ob.request('POST', '/api/x', { body: {} }).catch(() => {})
      }
      equal([(await other.log()).connections, (await plain.log()).connections], [0, 0], 'connections to the others')
    },
  },
])
