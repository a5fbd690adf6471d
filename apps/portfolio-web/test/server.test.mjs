import { startSandbox } from '@ob/sandbox'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startServer } from '../server.mjs'
import { readService } from '../service.mjs'
import { createSessions } from '../session.mjs'

describe('the server', () => {
  let sandbox
  let server
  beforeAll(async () => {
    sandbox = await startSandbox()
    const { url, ca, keys } = sandbox
    server = await startServer({
      folder: inject('folder'),
      ...readService({ ONEBALANCE_SANDBOX: JSON.stringify({ url, ca, keys }) }),
    })
  })
  afterAll(async () => {
    await server.close()
    await sandbox.close()
  })
  const get = (path, headers = {}) => fetch(server.url + path, { headers })
  const FROM_PAGE = { 'x-ob-client': 'test', 'sec-fetch-site': 'same-origin' }

  it('serves the page with a session and a policy that allows nothing but itself', async () => {
    const { status, headers } = await get('/')
    expect(status).toBe(200)
    expect(headers.get('set-cookie')).toMatch(/^session=[\w-]{22}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/,
    )
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|data:/)
    expect([headers.get('x-content-type-options'), headers.get('cache-control')]).toEqual(['nosniff', 'no-cache'])
  })

  it('keeps a session that is good, and lets it call what the page calls', async () => {
    const cookie = (await get('/')).headers.get('set-cookie').split(';')[0]
    expect((await get('/', { cookie })).headers.get('set-cookie')).toBe(null)
    expect((await get('/onebalance/api/assets/list', { ...FROM_PAGE, cookie })).status).toBe(200)
    expect((await get('/onebalance/api/chains/supported-list', { ...FROM_PAGE, cookie })).status).toBe(404)
    expect((await get('/onebalance/api/assets/list', { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  })

  it.each(['', 'session=', 'session=abc', 'session=abc.def', `session=abc.${'A'.repeat(43)}`, 'other=1'])(
    'does not take %j for a session',
    async (cookie) => {
      const before = sandbox.requests.length
      expect((await get('/onebalance/api/assets/list', { ...FROM_PAGE, cookie })).status).toBe(401)
      expect((await get('/', { cookie })).headers.get('set-cookie')).toMatch(/^session=/)
      expect(sandbox.requests).toHaveLength(before)
    },
  )

  it('does not know the sessions of another start', () => {
    const [one, other] = [createSessions(), createSessions()]
    const [cookie] = one.issue().split(';')
    expect(one.read(`a=b; ${cookie}; c=d`)).toMatch(/^[\w-]{22}$/)
    expect(other.read(cookie)).toBe(undefined)
    expect(one.read(undefined)).toBe(undefined)
  })

  it.each(['/server.mjs', '/../server.mjs', '/%2e%2e/server.mjs', '/.env', '/package.json', '/nothing'])(
    'has no %s',
    async (path) => {
      expect((await get(path)).status).toBe(404)
    },
  )

  it('leaves it to the environment where there is no sandbox', () => {
    expect(readService({})).toEqual({})
  })
})
