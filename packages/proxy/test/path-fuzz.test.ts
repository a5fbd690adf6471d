// Raw targets without end: nothing that is not on the list goes to the API, whatever the spelling.
import { endpoint, executeQuote, getExecutionStatus, listAssets } from '@ob/core'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createPaths } from '../src/paths.ts'
import { type Fixture, startProxy } from './fixture.ts'
import { fill, open, waitFor, write } from './raw-http.ts'
import { SHELLS } from './shells.ts'
import { startUpstream, type Upstream } from './upstream.ts'

const RUNS = process.env['OB_LONG'] ? 100_000 : 10_000
/** Sockets cost more than the rules alone. */
const SOCKET_BATCHES = process.env['OB_LONG'] ? 400 : 40
const seed = Number(process.env['OB_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
console.info(`path fuzz: OB_SEED=${seed}`)

const getItem = endpoint({
  method: 'GET',
  path: '/api/items/{id}/parts/{part}',
  output: listAssets.output,
  retry: 'safe',
})
const batchItems = endpoint({ method: 'GET', path: '/api/items:batch', output: listAssets.output, retry: 'safe' })
const ALLOW = [listAssets, getExecutionStatus, executeQuote, getItem, batchItems]

/** Pieces of which targets that somebody misreads are made. */
const piece = fc.constantFrom(
  '/',
  '//',
  '\\',
  '.',
  '..',
  '%2e',
  '%2E',
  '%2f',
  '%5c',
  '%25',
  '%252e',
  '%00',
  '%0a',
  '%0d%0a',
  '%c0%ae',
  '%ff',
  '%',
  '%zz',
  ';',
  ':',
  '@',
  '#',
  '?',
  '&',
  '=',
  '+',
  '*',
  '~',
  '!',
  "'",
  '(',
  ')',
  '$',
  ',',
  'onebalance',
  'api',
  'assets',
  'list',
  'admin',
  'items',
  'items:batch',
  'parts',
  'a',
  'v3',
  'status',
  'get-execution-status',
  '/onebalance',
  '/onebalance/api/',
  '/onebalance/api/assets/list',
  '/onebalance/api/items/',
  'http://',
  'evil.example',
  '__proto__',
  'constructor',
  '%61',
  '%6c',
  '|',
  '^',
  '`',
  '{id}',
  '<',
  '"',
)
const target = fc.oneof(
  fc.constantFrom('/onebalance/api/assets/list', '/onebalance/api/items/a/parts/b', '/onebalance/api/items:batch'),
  fc.array(piece, { maxLength: 12 }).map((pieces) => `/onebalance/${pieces.join('')}`),
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  // One change to a target that is on the list.
  fc
    .tuple(
      fc.constantFrom('/onebalance/api/assets/list', '/onebalance/api/items/a/parts/b', '/onebalance/api/items:batch'),
      fc.nat(40),
      fc.nat(2),
      piece,
    )
    .map(([path, at, cut, text]) => path.slice(0, at) + text + path.slice(at + cut)),
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => `/onebalance/${text}`),
)
const method = fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', '', 'get', '__proto__', 'constructor', 'toString')

/** What may go to the API, said in another way than the code says it. */
const SENDABLE: readonly (readonly [method: string, path: RegExp])[] = [
  ['GET', /^\/api\/assets\/list$/],
  ['GET', /^\/api\/v3\/status\/get-execution-status$/],
  ['POST', /^\/api\/v3\/quote\/execute-quote$/],
  ['GET', /^\/api\/items:batch$/],
  ['GET', /^\/api\/items\/[^/]+\/parts\/[^/]+$/],
]

function isSendable(sentMethod: string, path: string, query: string): boolean {
  const url = new URL(`https://api.example${path}${query && `?${query}`}`)
  return (
    // Nobody reads another path or query out of it than the one that is written.
    url.pathname === path &&
    url.search === (query && `?${query}`) &&
    url.hash === '' &&
    !/[\\;]|%(?:2e|2f|5c|25|[01][\da-f]|7f)|\/\.{1,2}(?:\/|$)|\/\//i.test(path) &&
    !/%(?:[01][\da-f]|7f)/i.test(query) &&
    SENDABLE.some(([allowed, pattern]) => allowed === sentMethod && pattern.test(path))
  )
}

test(`of ${RUNS} targets, what passes the rules is on the list and can be read in one way`, () => {
  const match = createPaths(ALLOW, '/onebalance')
  let passed = 0
  fc.assert(
    fc.property(method, target, (sentMethod, raw) => {
      const matched = match(sentMethod, raw)
      if ('status' in matched) {
        expect([400, 404, 405, 414]).toContain(matched.status)
        return
      }
      passed += 1
      expect([raw, isSendable(matched.endpoint.method, matched.path, matched.query)]).toEqual([raw, true])
      expect(sentMethod).toBe(matched.endpoint.method)
      // What passes is what was asked for, and not a repaired form of it.
      expect(raw.split('?')[0]).toBe(`/onebalance${matched.path}`)
    }),
    { seed, numRuns: RUNS },
  )
  // A property that nothing reaches would hold for any code.
  expect(passed).toBeGreaterThan(RUNS / 1_000)
})

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.close())

test.each(SHELLS)('over sockets of $name, nothing else reaches the API', { timeout: 60_000 }, async (shell) => {
  const proxy = await startProxy(shell, upstream, { allow: ALLOW, cache: false })
  try {
    upstream.deliveries.splice(0)
    await fc.assert(
      fc.asyncProperty(fc.array(target, { minLength: 25, maxLength: 25 }), async (targets) => {
        await Promise.all(targets.map((raw) => firstAnswer(proxy, raw)))
        for (const { method: sentMethod, target: sent } of upstream.deliveries.splice(0)) {
          const [path = '', query = ''] = sent.split('?')
          expect([sent, isSendable(sentMethod, path, query)]).toEqual([sent, true])
        }
      }),
      { seed, numRuns: SOCKET_BATCHES },
    )
    expect((await proxy.ask()).status).toBe(200)
  } finally {
    await proxy.close()
  }
})

/** Sends a target and waits for the answer to begin. */
async function firstAnswer({ port }: Fixture, raw: string): Promise<void> {
  const socket = open(port)
  socket.on('error', () => {})
  socket.write(fill(write({ target: raw }), port))
  await waitFor(socket, 'HTTP/1.1 ').catch(() => {})
  socket.destroy()
}

beforeEach(() => void upstream?.deliveries.splice(0))
