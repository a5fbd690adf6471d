import { equal, ok, rejectionOf } from '../assert.ts'
import { CANARY, type Case, group } from '../context.ts'

const REFUSED = [
  ['U43', 'https://evil.com/x'],
  ['U43b', 'http://be.onebalance.io/x'],
  ['U43c', '//evil.com'],
  ['U43d', '///evil.com'],
  ['U43e', '/\\evil.com'],
  ['U43f', '\\\\evil.com'],
  ['U43g', '\t//evil.com'],
  ['U43h', '/\t/evil.com'],
  ['U43i', 'evil'],
  ['U43j', ''],
  ['U43k', '@evil.com'],
  ['U43l', '.evil.com'],
  ['U43m', ':80/x'],
  ['U43n', '/api/../../admin'],
  ['U43o', '/api/%2e%2e/admin'],
  ['U43p', '/api/%2E./admin'],
  ['U43q', '/api/./x'],
  ['U43r', '/api/a%2fb'],
  ['U43s', '/api/a%5cb'],
  ['U43t', '/api//x'],
  ['U43u', '/api/x#y'],
  ['U43v', '/api/x?y'],
  ['U43w', '/api/x\r\nx-evil: 1'],
  ['U43x', '/api/x\u0000'],
  ['U43y', '/api/é'],
  ['U43z', '/api/%0d%0ax'],
] as const

/** 4.1, U43: a path given to `request()` leads nowhere but to the base. */
export const paths: Case[] = group('path', [
  ...REFUSED.map(([id, path]) => ({
    id,
    title: `refused, before the key is asked for: ${JSON.stringify(path)}`,
    async run({ client, core, server }: Parameters<Case['run']>[0]) {
      const { url, log } = await server()
      let asked = 0
      const apiKey = () => {
        asked += 1
        return CANARY
      }
      const error = await rejectionOf(client({ baseURL: url, apiKey }).request('GET', path))
      ok(error instanceof core.InsecureUrlError, `the error is a ${(error as Error).name}`)
      equal(error.outcome, 'not_sent', 'outcome')
      equal(asked, 0, 'questions for the key')
      equal((await log()).connections, 0, 'connections')
    },
  })),
  {
    id: 'U48',
    title: 'parameters, lists and unicode are encoded into the query',
    async run({ client, server }) {
      const { url, log } = await server()
      const query = { a: 'x&y=1#?', list: ['p', 'q'], none: undefined, n: 7, yes: true, text: 'žluťoučký 漢字 🎉' }
      await client({ baseURL: url }).request('GET', '/api/x', { query })
      const target = (await log()).deliveries[0]?.target ?? ''
      const sent = Object.fromEntries(new URL(target, 'https://x').searchParams)
      equal(sent, { a: 'x&y=1#?', list: 'p,q', n: '7', yes: 'true', text: 'žluťoučký 漢字 🎉' }, 'query')
    },
  },
  {
    id: 'U48b',
    title: 'a lone surrogate in the query is refused',
    async run({ client, server }) {
      const { url, log } = await server()
      const error = await rejectionOf(client({ baseURL: url }).request('GET', '/api/x', { query: { a: '\ud800' } }))
      equal((error as { code: string }).code, 'invalid_input', 'code')
      equal((await log()).connections, 0, 'connections')
    },
  },
])
