import type { Client, OneBalanceError } from '@ob/core'
import { equal, ok, rejectionOf, thrownBy } from '../assert.ts'
import { CANARY, type Case, type Context, group } from '../context.ts'
import { findLeak, textOf } from '../find-leak.ts'
import { NO_OUTPUT } from '../limits.ts'
import type { Step } from '../server.ts'
import { REDIRECTED, UNAUTHORIZED, UNREACHABLE } from '../through-proxy.ts'

const ESCAPED = [...CANARY].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')
/** An API that gives the key back wherever it can. */
const ECHO = {
  headers: { 'x-request-id': `id-${CANARY}`, 'x-echo': CANARY },
  body: `{"error":"${CANARY}","message":"no such key: ${CANARY}, ${ESCAPED}","code":"${CANARY}","${CANARY}":1}`,
}

const get = (ob: Client) => ob.request('GET', '/api/x')
const post = (ob: Client) => ob.request('POST', '/api/x', { body: { a: 1 } })
const execute = (ob: Client) => ob.quotes.execute({ id: '0x1', expirationTimestamp: '9999999999' } as never)

/** One way into each error class: `[code, step, act, options]`. */
const ERRORS: readonly {
  code: string
  step: Step
  act?: (ob: Client) => Promise<unknown>
  timeout?: number
  /** What the proxy makes of it, where a page sees something else. */
  inPage?: string
  needs?: 'direct'
}[] = [
  { code: 'unauthorized', step: { status: 401, ...ECHO }, inPage: UNAUTHORIZED.code },
  { code: 'forbidden', step: { status: 403, ...ECHO } },
  { code: 'not_found', step: { status: 404, ...ECHO } },
  { code: 'rate_limited', step: { status: 429, ...ECHO } },
  { code: 'request_rejected', step: { status: 400, ...ECHO } },
  { code: 'server_error', step: { status: 500, ...ECHO } },
  { code: 'outcome_unknown', step: { status: 502, ...ECHO }, act: post },
  {
    code: 'unexpected_redirect',
    step: { status: 302, headers: { location: `https://x.example/${CANARY}?k=${CANARY}` } },
    inPage: REDIRECTED.code,
  },
  { code: 'invalid_response', step: { headers: ECHO.headers, body: `<html>${CANARY}</html>` } },
  { code: 'invalid_response', step: ECHO, act: (ob) => ob.assets.list() },
  // The proxy has cut the keys out of it before it is too large.
  { code: 'response_too_large', step: { headers: ECHO.headers, body: `"${CANARY.repeat(200)}"` }, needs: 'direct' },
  {
    code: 'execution_failed',
    step: { headers: ECHO.headers, body: `{"success":false,"error":"${CANARY} ${ESCAPED}"}` },
    act: execute,
  },
  {
    code: 'network',
    step: { headers: ECHO.headers, body: `"${CANARY}`, length: 999, end: 'close' },
    inPage: UNREACHABLE.code,
  },
  { code: 'network', step: { silent: true, end: 'reset' }, inPage: UNREACHABLE.code },
  { code: 'timeout', step: { headers: ECHO.headers, body: `"${CANARY}`, length: 999, stall: 'body' }, timeout: 100 },
]

/** Every sink that a program may put a value into. */
function sinks({ inspect }: Context, value: unknown): [string, string][] {
  const list: [string, () => string][] = [
    ['String()', () => String(value)],
    ['JSON', () => JSON.stringify(value) ?? ''],
    ['template', () => `${(value as Error)?.message} ${(value as Error)?.stack}`],
    ['all properties', () => textOf(value)],
    ['structuredClone', () => textOf(structuredClone(value))],
    ['entries', () => textOf(Object.entries(Object(value)))],
    ['spread', () => textOf({ ...(value as object) })],
  ]
  if (inspect) list.push(['inspect', () => inspect(value)])
  return list.map(([name, show]) => {
    try {
      return [name, show()]
    } catch (error) {
      // Functions cannot be cloned; what the refusal says is a sink too.
      return [name, String(error)]
    }
  })
}

function checkSinks(context: Context, value: unknown, key = CANARY): void {
  for (const [sink, text] of sinks(context, value)) {
    const form = findLeak(text, key)
    ok(form === undefined, `${sink} shows the key (${form})`)
  }
}

/** 4.7: the key is in nothing that the library makes. */
export const leaks: Case[] = group('leak', [
  ...ERRORS.map(({ code, step, act = get, timeout = 5_000, inPage = code, needs }, index) => ({
    id: `L2-${index}-${code}`,
    title: `${code}, from an API that gives the key back: in no sink`,
    ...(needs && { needs }),
    async run(context: Context) {
      const { url, log } = await context.server({ steps: [step] })
      const seen: unknown[] = []
      const hook = (event: unknown) => void seen.push(event)
      const hooks = { request: hook, response: hook, retry: hook, wait: hook, error: hook }
      const ob = context.client({
        baseURL: url,
        retry: { maxRetries: 1, maxRetryAfter: 0 },
        timeout,
        maxResponseBytes: 3_000,
        hooks,
      })
      const error = (await rejectionOf(act(ob))) as OneBalanceError
      equal(error.code, context.runtime === 'chromium' ? inPage : code, 'code')
      checkSinks(context, error)
      checkSinks(context, seen)
      checkSinks(context, error.toJSON())
      ok((await log()).deliveries.length > 0, 'nothing was sent')
    },
  })),
  {
    id: 'L2-aborted',
    title: 'aborted: in no sink',
    async run(context) {
      const { url } = await context.server({ steps: [{ ...ECHO, length: 9_999, stall: 'body' }] })
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 100)
      const error = await rejectionOf(
        context.client({ baseURL: url }).request('GET', '/api/x', { signal: controller.signal }),
      )
      equal((error as OneBalanceError).code, 'aborted', 'code')
      checkSinks(context, error)
    },
  },
  {
    id: 'L2-invalid_input',
    title: 'invalid_input with the key as a value: in no sink',
    async run(context) {
      const ob = context.client({ baseURL: 'https://127.0.0.1:1' })
      checkSinks(context, await rejectionOf(ob.balances.aggregated({ account: CANARY, aggregatedAssetId: CANARY })))
    },
  },
  ...(
    [
      ['line break', `${CANARY}\r\nx-evil: 1`],
      ['NUL', `${CANARY}\u0000`],
      ['space', `${CANARY} `],
      ['letter outside ASCII', `${CANARY}é`],
      ['length', CANARY.repeat(20)],
    ] as const
  ).map(([what, apiKey]) => ({
    id: `L4-${what}`,
    title: `a key that is refused for its ${what}: in no sink, by creation and by source`,
    needs: 'key' as const,
    async run(context: Context) {
      const baseURL = 'https://127.0.0.1:1'
      checkSinks(
        context,
        thrownBy(() => context.adapter.createClient({ apiKey, baseURL })),
      )
      checkSinks(context, await rejectionOf(context.client({ apiKey: () => apiKey, baseURL }).assets.list()))
      checkSinks(
        context,
        await rejectionOf(context.client({ apiKey: () => Promise.resolve(apiKey), baseURL }).assets.list()),
      )
    },
  })),
  {
    id: 'L4-url',
    title: 'a base URL with the key in it is refused and not shown',
    run(context) {
      for (const baseURL of [
        `https://${CANARY}@x.example`,
        `https://x.example/?key=${CANARY}`,
        `http://${CANARY}.example`,
      ])
        checkSinks(
          context,
          thrownBy(() => context.adapter.createClient({ apiKey: CANARY, baseURL })),
        )
    },
  },
  {
    id: 'L1',
    title: 'client, caller and their promises after calls: in no sink',
    async run(context) {
      const { url } = await context.server({ steps: [{}, { status: 500 }, {}] })
      const ob = context.client({ baseURL: url })
      const call = context.caller({ baseURL: url, apiKey: () => CANARY })
      const promise = ob.assets.list()
      checkSinks(context, promise)
      await promise
      await call.request('GET', '/api/x')
      for (const value of [ob, call, promise, ob.assets.list, ob.close]) checkSinks(context, value)
    },
  },
  {
    id: 'L5',
    title: 'an answer that gives the key back: redacted in data and headers',
    async run(context) {
      const body = `[{"aggregatedAssetId":"${CANARY}","symbol":"x${CANARY}y","name":"${ESCAPED}","decimals":6,"aggregatedEntities":[],"extra":{"deep":["${CANARY}"]}}]`
      const { url } = await context.server({ steps: [{ ...ECHO, body }] })
      const result = await context.client({ baseURL: url }).assets.list().withResponse()
      checkSinks(context, result)
      checkSinks(context, [...result.response.headers])
      equal(result.data[0]?.symbol, 'x[redacted]y', 'symbol')
    },
  },
  {
    id: 'L6',
    needs: 'key',
    title: 'old and new key after a rotation: both redacted',
    async run(context) {
      const next = 'Nw5Ej1Xo8Ka4Zr7Ub2Pd6Mh9Ci3Qs0Vf'
      const steps = [{ status: 401 }, { status: 400, body: `{"message":"${CANARY} then ${next}"}` }]
      const { url } = await context.server({ steps })
      const ob = context.client({ baseURL: url, apiKey: ({ rejected }) => (rejected ? next : CANARY) })
      const error = await rejectionOf(ob.assets.list())
      checkSinks(context, error)
      checkSinks(context, error, next)
    },
  },
  ...(['silent', 'debug'] as const).map((mode) => ({
    id: `L3-${mode}`,
    title: `what a program prints${mode === 'debug' ? ' with NODE_DEBUG and DEBUG on' : ''}: console output of client and errors, and an unhandled rejection`,
    limits: { workerd: NO_OUTPUT },
    needs: 'environment' as const,
    async run({ control, server, setup }: Context) {
      const { url } = await server({ steps: [{ status: 401, ...ECHO }] })
      const debug = mode === 'debug' ? { NODE_DEBUG: 'http,https,tls,net,fetch,undici', DEBUG: '*' } : {}
      const { code, output } = await control.program('print-everything', {
        PROGRAM_URL: url,
        PROGRAM_KEY: CANARY,
        PROGRAM_CA: setup.ca,
        ...debug,
      })
      ok(code !== 0, 'the rejection was handled')
      ok(output.includes('AuthenticationError'), `the output is ${output.slice(0, 500)}`)
      const form = findLeak(output, CANARY)
      ok(form === undefined, `the output shows the key (${form})`)
    },
  })),
])
