import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { startSandbox } from '@ob/sandbox'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { runNode } from '../test/helpers/child.ts'
import { createClient, createTransport } from './index.ts'

let sandbox: Awaited<ReturnType<typeof startSandbox>>
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => sandbox.close())

const options = () => ({ baseURL: sandbox.url, ca: sandbox.ca, apiKey: sandbox.keys.full })

test('every event goes to the diagnostics channel', async () => {
  const events: unknown[] = []
  const listen = (event: unknown): void => void events.push(event)
  subscribe('onebalance:request', listen)
  const client = createClient(options())
  await client.assets.list()
  await client.close()
  unsubscribe('onebalance:request', listen)
  expect(events).toMatchObject([
    { type: 'request', method: 'GET' },
    { type: 'response', status: 200 },
  ])
  expect(JSON.stringify(events)).not.toContain(sandbox.keys.full)
})

test('a client that is closed refuses calls', async () => {
  await using client = createClient(options())
  await client.assets.list()
  await client.close()
  await expect(client.assets.list()).rejects.toMatchObject({ code: 'configuration', outcome: 'not_sent' })
})

test('fetch is honoured', async () => {
  const transport = createTransport({ ca: sandbox.ca })
  const fetch = vi.fn(transport)
  const client = createClient({ ...options(), fetch })
  await client.assets.list()
  expect(fetch).toHaveBeenCalledOnce()
  await transport.close()
})

test('a proxy that would get the key in clear is refused before the key is asked', async () => {
  vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1')
  vi.stubEnv('NO_PROXY', '')
  const apiKey = vi.fn(() => 'never-asked-0123456789')
  const baseURL = 'http://127.0.0.1:1'
  const client = createClient({ baseURL, apiKey, allowInsecureLoopback: true, proxy: true, retry: false })
  await expect(client.assets.list()).rejects.toMatchObject({ code: 'configuration', outcome: 'not_sent' })
  expect(apiKey).not.toHaveBeenCalled()
})

test('a program that forgets close() ends when it is done', async () => {
  const program = `
    import { createClient } from '@ob/node'
    const { BASE, CA, KEY } = process.env
    const client = createClient({ baseURL: BASE, ca: CA, apiKey: KEY })
    await client.assets.list()
    process.stdout.write('done')
  `
  const result = await runNode(program, { BASE: sandbox.url, CA: sandbox.ca, KEY: sandbox.keys.full })
  expect(result).toEqual({ code: 0, signal: null, stdout: 'done', stderr: '' })
})
