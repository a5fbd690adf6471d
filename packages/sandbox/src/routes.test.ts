import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ACCOUNT, ASSETS, HOLDER, QUOTE, using } from '../test/fixtures.ts'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
let send: ReturnType<typeof using>['send']
let post: ReturnType<typeof using>['post']
beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7 })
  ;({ send, post } = using(sandbox))
})
afterEach(() => sandbox.close())

describe('routes', () => {
  test('404 and 405', async () => {
    expect((await send('/api/nowhere')).status).toBe(404)
    expect((await send('/')).status).toBe(404)
    const answer = await send(ASSETS, { method: 'POST', body: {} })
    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toContain('GET')
  })
  test('malformed, empty, list, missing and oversized bodies', async () => {
    for (const body of ['{', '[]', 'null', '""', '{}'])
      expect([body, (await post(QUOTE, body)).status]).toEqual([body, 400])
    expect((await post(QUOTE, undefined)).status).toBe(400)
    expect((await post(QUOTE, JSON.stringify({ a: 'x'.repeat(1024 * 1024 + 1) }))).status).toBe(413)
    expect((await send(ASSETS)).status).toBe(200)
  })
  test('a prototype name is no route and no asset', async () => {
    expect((await send('/api/constructor')).status).toBe(404)
    expect((await post(QUOTE, '{"__proto__":{}}')).status).toBe(400)
  })
  test('v3 balance without a filter: 400', async () => {
    expect((await send(`/api/v3/balances/aggregated-balance?account=${HOLDER}`)).status).toBe(400)
  })
  test('date header follows the clock', async () => {
    sandbox.clock.advance(86_400_000)
    const { headers } = await send(ASSETS)
    expect(Math.abs(Date.parse(String(headers.date)) - sandbox.clock.now())).toBeLessThan(5_000)
  })
  test('predictAddress: deterministic, whatever the order of keys; admin = session is refused; EIP-7702 is the signer itself', async () => {
    const { sessionAddress, adminAddress } = ACCOUNT
    const predict = async (body: unknown) => post('/api/account/predict-address', body)
    const one = await predict({ sessionAddress, adminAddress })
    expect(one.json.predictedAddress).toMatch(/^0x[0-9a-fA-F]{40}$/)
    expect((await predict({ adminAddress, sessionAddress })).json).toEqual(one.json)
    expect((await predict({ type: 'role-based', adminAddress, sessionAddress })).json).toEqual(one.json)
    expect((await predict({ sessionAddress, adminAddress: sessionAddress })).status).toBe(400)
    expect(
      (await predict({ type: 'kernel-v3.3-ecdsa', signerAddress: sessionAddress })).json.predictedAddress.toLowerCase(),
    ).toBe(sessionAddress.toLowerCase())
  })
})
