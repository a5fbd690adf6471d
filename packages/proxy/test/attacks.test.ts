// Every attack on both shells: what reaches the API, what is answered, that no byte holds the key, and that the proxy lives on.

import { createQuote, executeQuote, listAssets } from '@ob/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ProxyOptions } from '../src/index.ts'
import { type Attack, type Outcome, PARTNER, SITE, type Target } from './attacks/attack.ts'
import { messageAttacks } from './attacks/messages.ts'
import { originAttacks } from './attacks/origins.ts'
import { pathAttacks, QUERIES } from './attacks/paths.ts'
import { CANARY, findLeak } from './leaks.ts'
import { type RawAnswer, readAnswers, talk, write } from './raw-http.ts'
import { type Running, SHELLS, type Shell } from './shells.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** All that the API may see of a request. */
const SENT = [
  'host',
  'connection',
  'user-agent',
  'x-api-key',
  'accept-encoding',
  'accept',
  'accept-language',
  'traceparent',
  'content-type',
  'content-length',
]

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.close())

describe.each(SHELLS)('$name', (shell) => {
  const proxies = new Map<Target, Running>()
  beforeAll(async () => {
    for (const target of ['own', 'site', 'hasty'] as const) proxies.set(target, await shell.start(optionsOf(target)))
  })
  afterAll(async () => {
    for (const { close } of proxies.values()) await close()
  })
  beforeEach(() => void upstream.deliveries.splice(0))

  test.each([...originAttacks, ...pathAttacks, ...messageAttacks])('$name', async (attack) => {
    const { port } = proxies.get(attack.target ?? 'own') as Running
    const bytes = await talk(port, attack.bytes)
    expect(findLeak(bytes)).toBeUndefined()
    checkAnswers(attack, outcomeIn(shell, attack), bytes)
    for (const { headers } of upstream.deliveries) {
      expect(headers.filter(([name]) => name === 'x-api-key')).toEqual([['x-api-key', CANARY]])
      expect(headers.map(([name]) => name).filter((name) => !SENT.includes(name))).toEqual([])
      expect(headers.find(([name]) => name === 'host')?.[1]).toBe(new URL(upstream.url).host)
    }
    await expectAlive(attack.target ?? 'own', port)
  })

  test.each(QUERIES)('a query %s is sent as %s', async (query, sent) => {
    const { port } = proxies.get('own') as Running
    await talk(port, write({ target: `/onebalance/api/assets/list${query}` }))
    expect(upstream.deliveries.map(({ target }) => target)).toEqual([`/api/assets/list${sent}`])
  })
})

function optionsOf(target: Target): ProxyOptions {
  return {
    apiKey: CANARY,
    baseURL: upstream.url,
    ca: upstream.ca,
    allow: [listAssets, createQuote, executeQuote],
    cache: false,
    rateLimit: { points: 1_000_000 },
    log: () => {},
    authorize: (request) => {
      const id = request.headers.get('authorization')
      return id ? { id } : null
    },
    ...(target === 'site' && { publicOrigin: SITE, origins: [PARTNER] }),
    ...(target === 'hasty' && { timeout: 200 }),
  }
}

function outcomeIn(
  shell: Shell,
  { fetch, ...attack }: Attack,
): Outcome & Pick<NonNullable<Attack['fetch']>, 'isAnsweredByPlatform'> {
  return shell.name === 'createProxy' && fetch ? { ...attack, code: undefined, headers: undefined, ...fetch } : attack
}

function checkAnswers({ bytes: sent }: Attack, outcome: ReturnType<typeof outcomeIn>, bytes: Buffer): void {
  if (outcome.isAnsweredByPlatform) {
    expect(upstream.deliveries.length).toBeLessThanOrEqual(outcome.upstream ?? 0)
    return
  }
  const answers = readAnswers(bytes)
  expect([answers.map(({ status }) => status), answers.map(({ body }) => body)]).toEqual([
    outcome.status,
    answers.map(({ body }) => body),
  ])
  expect(upstream.deliveries).toHaveLength(outcome.upstream ?? 0)
  if (outcome.code) expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ code: outcome.code })
  for (const [name, value] of Object.entries(outcome.headers ?? {}))
    expect([name, answers[0]?.headers[name]]).toEqual([name, value])
  for (const answer of answers) expectSafe(answer, sent.startsWith('HEAD'))
}

/** The shape of every answer. */
function expectSafe({ status, headers, body, isWhole }: RawAnswer, isHead: boolean): void {
  if (status === 100) return
  expect(headers['cache-control']).toBe('no-store')
  for (const name of ['server', 'x-powered-by', 'set-cookie', 'etag', 'location'])
    expect(headers).not.toHaveProperty(name)
  expect(headers['access-control-allow-origin']).not.toBe('*')
  if (status === 204) return
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-type': 'application/json' })
  if (isHead) return
  expect(isWhole).toBe(true)
  const parsed = JSON.parse(body) as unknown
  if (status >= 400)
    expect(parsed).toEqual({
      error: expect.stringMatching(/./),
      message: expect.stringMatching(/./),
      code: expect.stringMatching(/./),
    })
}

async function expectAlive(target: Target, port: number): Promise<void> {
  const headers = target === 'site' ? { host: 'app.example' } : {}
  expect(readAnswers(await talk(port, write({ headers }))).map(({ status }) => status)).toEqual([200])
}
