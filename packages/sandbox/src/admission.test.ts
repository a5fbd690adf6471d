import { PUBLIC_TESTING_KEY } from '@ob/core/onebalance'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, until } from '../test/ask.ts'
import { ASSETS, CHAINS, EXECUTE } from '../test/fixtures.ts'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7 })
})
afterEach(() => sandbox.close())

describe('keys and limits', () => {
  test('the key check comes before path, scope and body', async () => {
    expect((await ask(sandbox, '/nowhere', {})).status).toBe(401)
    expect((await ask(sandbox, EXECUTE, { method: 'POST', body: 'nonsense' })).status).toBe(401)
  })
  test('a concurrent slot is freed when the client leaves', async () => {
    const key = PUBLIC_TESTING_KEY
    sandbox.faults.next({ stall: 'head' })
    let abort = () => {}
    const stalled = ask(sandbox, ASSETS, { key, onRequest: (request) => (abort = () => void request.destroy()) })
    await until(() => sandbox.requests.length === 1)
    abort()
    await expect(stalled).rejects.toThrow()
    let status = 429
    for (let i = 0; i < 100 && status === 429; i++) status = (await ask(sandbox, CHAINS, { key })).status
    expect(status).toBe(200)
  })
})
