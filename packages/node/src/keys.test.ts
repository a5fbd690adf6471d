import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigurationError } from '@ob/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, envKey, fileKey, type NodeClientOptions } from './index.ts'

const KEY = 'first-key-0123456789'
const NEXT_KEY = 'other-key-9876543210'
const asked = { rejected: false }

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onebalance-key-'))
  for (const name of ['ONEBALANCE_API_KEY', 'ONEBALANCE_API_KEY_FILE', 'ONEBALANCE_BASE_URL']) vi.stubEnv(name, '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

/** The key that one call sends, and where to. */
async function send(options: NodeClientOptions = {}): Promise<{ url: string; key: string | null }> {
  let sent = { url: '', key: null as string | null }
  const client = createClient({
    ...options,
    fetch: async (url, init) => {
      sent = { url, key: new Headers(init.headers).get('x-api-key') }
      return Response.json([])
    },
  })
  await client.request('GET', '/api/x')
  return sent
}

describe('envKey', () => {
  test('reads the variable each time', () => {
    const source = envKey('SOME_KEY')
    vi.stubEnv('SOME_KEY', KEY)
    expect(source(asked)).toBe(KEY)
    vi.stubEnv('SOME_KEY', NEXT_KEY)
    expect(source(asked)).toBe(NEXT_KEY)
  })

  test.each([undefined, ''])('a variable that is %j has no key', (value) => {
    vi.stubEnv('SOME_KEY', value)
    expect(() => envKey('SOME_KEY')(asked)).toThrow(/SOME_KEY is not set/)
  })
})

describe('fileKey', () => {
  test('cuts white space off, and reads again only when the file changes or the key is rejected', async () => {
    const path = join(directory, 'key')
    await writeFile(path, ` \t${KEY}\r\n\n`)
    const source = fileKey(path)
    await expect(source(asked)).resolves.toBe(KEY)

    // The same size, time and file: only a rejection makes it look inside.
    const second = new Date(1_800_000_000_000)
    await utimes(path, second, second)
    await expect(source(asked)).resolves.toBe(KEY)
    await writeFile(path, ` \t${NEXT_KEY}\r\n\n`)
    await utimes(path, second, second)
    await expect(source(asked)).resolves.toBe(KEY)
    await expect(source({ rejected: true })).resolves.toBe(NEXT_KEY)
    await expect(source(asked)).resolves.toBe(NEXT_KEY)
  })

  test('sees a file that took the place of another, as a mounted secret does', async () => {
    const path = join(directory, 'key')
    const time = new Date(1_800_000_000_000)
    await writeFile(path, KEY)
    await utimes(path, time, time)
    const source = fileKey(path)
    await source(asked)
    await writeFile(`${path}.new`, NEXT_KEY)
    await utimes(`${path}.new`, time, time)
    await rename(`${path}.new`, path)
    await expect(source(asked)).resolves.toBe(NEXT_KEY)
  })

  test('names the path that cannot be read', async () => {
    const path = join(directory, 'missing')
    const error = await Promise.resolve(fileKey(path)(asked)).catch((reason) => reason)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toBe(`the key file ${path} cannot be read: ENOENT`)
  })

  test('does not print a content that is no key', async () => {
    const path = join(directory, 'key')
    await writeFile(path, 'not a key, but confidential')
    const error = await send({ apiKey: fileKey(path) }).catch((reason) => reason)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(JSON.stringify(error) + error.stack).not.toContain('confidential')
  })
})

describe('a client without apiKey', () => {
  test('takes the variable before the file', async () => {
    const path = join(directory, 'key')
    await writeFile(path, NEXT_KEY)
    vi.stubEnv('ONEBALANCE_API_KEY_FILE', path)
    await expect(send()).resolves.toMatchObject({ key: NEXT_KEY })
    vi.stubEnv('ONEBALANCE_API_KEY', KEY)
    await expect(send()).resolves.toMatchObject({ key: KEY })
  })

  test('says at the first call what to set', async () => {
    const error = await send().catch((reason) => reason)
    expect(error).toMatchObject({ code: 'configuration', outcome: 'not_sent' })
    for (const name of ['ONEBALANCE_API_KEY', 'ONEBALANCE_API_KEY_FILE', 'apiKey'])
      expect(error.message + error.hint).toContain(name)
  })

  test('takes the base URL from the environment, unless one is given', async () => {
    vi.stubEnv('ONEBALANCE_BASE_URL', 'https://other.example')
    await expect(send({ apiKey: KEY })).resolves.toMatchObject({ url: 'https://other.example/api/x' })
    const baseURL = 'https://given.example'
    await expect(send({ apiKey: KEY, baseURL })).resolves.toMatchObject({ url: 'https://given.example/api/x' })
  })
})
