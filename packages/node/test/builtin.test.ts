// Which undici serves, and that nothing of a user's own is used where it is Node's.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority, createSelfSigned } from './helpers/certificates.ts'
import { runNode } from './helpers/child.ts'
import { nodes } from './helpers/nodes.ts'
import { httpAnswer, type RawServer, startRawServer } from './helpers/raw-server.ts'

let server: RawServer
let untrusted: RawServer
let env: Record<string, string>
beforeAll(async () => {
  const authority = await createAuthority()
  server = await startRawServer(await authority.issue(), ({ socket }) => socket.write(httpAnswer(200, '[]')))
  untrusted = await startRawServer(await createSelfSigned(), ({ socket }) => socket.write(httpAnswer(200, '[]')))
  env = { BASE_URL: server.url, UNTRUSTED_URL: untrusted.url, CA: authority.ca, KEY: 'builtin-test-key-0123456789' }
})
afterAll(async () => {
  await server.close()
  await untrusted.close()
})

/** What a program may have done before, and whether Node's own undici serves all the same. */
const BEFORE: readonly (readonly [name: string, code: string, isBuiltin: boolean])[] = [
  ['nothing', '', true],
  ['a fetch', "await fetch('data:,a')", true],
  [
    'a dispatcher that nobody may replace',
    'new Headers(); if (globalThis[DISPATCHER]) Object.defineProperty(globalThis, DISPATCHER, { writable: false })',
    true,
  ],
  ['another Headers', 'globalThis.Headers = undefined', false],
  ['no stack traces', 'Error.stackTraceLimit = 0', false],
  ['stack traces of another form', 'Error.prepareStackTrace = () => []', false],
  ...['null', '1', '{}', 'Object.create(null)', 'new (class Agent {})()'].map(
    (value) =>
      [`${value} as the dispatcher`, `await fetch('data:,a'); globalThis[DISPATCHER] = ${value}`, false] as const,
  ),
  // The first of each major that looks at an idle connection before it writes is 7.28 and 8.5.
  ...(
    [
      ['7.27.2', false],
      ['7.28.0', true],
      ['8.4.1', false],
      ['8.5.0', true],
      ['9.0.0', false],
    ] as const
  ).map(
    ([version, isBuiltin]) =>
      [
        `undici ${version}`,
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, undici: '${version}' } })`,
        isBuiltin,
      ] as const,
  ),
  [
    'a dispatcher that throws',
    "await fetch('data:,a'); globalThis[DISPATCHER] = new Proxy({}, { getPrototypeOf() { throw new Error('mine') } })",
    false,
  ],
  [
    'a class of its own, made of the dispatcher’s',
    `await fetch('data:,a')
    const Base = globalThis[DISPATCHER]?.constructor ?? class {}
    class Agent extends Base { constructor(...args) { super(...args); made += 1 } }
    globalThis[DISPATCHER] = new Agent({ connect: { rejectUnauthorized: false } })
    made = 0`,
    false,
  ],
  [
    'a dispatcher of Node’s class, without a check of certificates',
    `await fetch('data:,a')
    const Builtin = globalThis[DISPATCHER]?.constructor
    if (Builtin) globalThis[DISPATCHER] = new Builtin({ connect: { rejectUnauthorized: false } })`,
    true,
  ],
]

describe.each(nodes)('on Node.js $major', ({ major, path }) => {
  const hasBuiltin = major >= 24

  test.each(BEFORE)('after %s', async (_, before, isBuiltin) => {
    const result = await runNode(programOf(before), env, [], path)
    expect(result).toMatchObject({ stderr: '', code: 0 })
    expect(JSON.parse(result.stdout)).toEqual({
      answer: [],
      refused: 'not_sent',
      made: 0,
      isPackageLoaded: !(hasBuiltin && isBuiltin),
    })
  })

  test.each([
    ['mocks', 'const agent = new MockAgent(); agent.disableNetConnect(); setGlobalDispatcher(agent)'],
    ['the package’s Agent', 'setGlobalDispatcher(new Agent({ connect: { rejectUnauthorized: false } }))'],
    ['a proxy', "setGlobalDispatcher(new ProxyAgent('http://127.0.0.1:1'))"],
  ])('a dispatcher that the user set is not ours: %s', async (_, before) => {
    const imports = "import { Agent, MockAgent, ProxyAgent, setGlobalDispatcher } from 'undici'"
    const result = await runNode(`${imports}\n${programOf(before)}`, env, [], path)
    expect(result).toMatchObject({ stderr: '', code: 0 })
    expect(JSON.parse(result.stdout)).toMatchObject({ answer: [], refused: 'not_sent' })
  })

  test('a proxy that Node.js itself was told to use is not used either', async () => {
    const proxied = { ...env, NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '' }
    const result = await runNode(programOf(''), proxied, ['--no-warnings'], path)
    expect(result).toMatchObject({ stderr: '', code: 0 })
    expect(JSON.parse(result.stdout)).toMatchObject({ answer: [], refused: 'not_sent' })
  })
})

function programOf(before: string): string {
  return `
  import { Session } from 'node:inspector'
  const DISPATCHER = Symbol.for('undici.globalDispatcher.2')
  let made = 0
  ${before}
  const { createClient } = await import('@ob/node')
  const session = new Session()
  session.connect()
  let isPackageLoaded = false
  session.on('Debugger.scriptParsed', ({ params }) => { isPackageLoaded ||= params.url.startsWith('file:') && params.url.includes('/undici/') })
  session.post('Debugger.enable')
  const { BASE_URL, UNTRUSTED_URL, CA, KEY } = process.env
  const open = (baseURL) => createClient({ baseURL, ca: CA, apiKey: KEY, retry: false })
  const client = open(BASE_URL)
  const answer = await client.assets.list()
  const careful = open(UNTRUSTED_URL)
  const refused = await careful.assets.list().then(() => 'sent', ({ outcome }) => outcome)
  await Promise.all([client.close(), careful.close()])
  console.log(JSON.stringify({ answer, refused, made, isPackageLoaded }))`
}
