import { Miniflare } from 'miniflare'
import { expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { startProxy } from './recording-proxy.ts'

const CLIENT = `import { createClient } from '@ob/browser'
const ob = createClient({ proxyURL: 'https://app.example/onebalance' })
export default ob`

test('an import alone leaves nothing in a bundle', async () => {
  const { code } = await bundle(`import '@ob/browser'`)
  expect(code.trim()).toBe('')
})

test('a bundle names the header of the key where it is described and where it is refused, and nowhere else', async () => {
  const { code } = await bundle(CLIENT)
  expect(code.match(/(\w+:|===)?"x-api-key"/gi)?.sort()).toEqual(['==="x-api-key"', 'keyHeader:"x-api-key"'])
  expect(code.match(/(\w+:|===)?"authorization"/gi)).toEqual(['==="authorization"'])
  expect(code.match(/x-api-key/gi)).toHaveLength(2)
})

test('a bundle reads no environment and no file', async () => {
  const { code, metafile } = await bundle(CLIENT)
  expect(code).not.toMatch(/process\.env|Deno\.env|Bun\.env|require\(|_FILE/)
  expect(Object.keys(metafile.inputs).filter((path) => path.startsWith('node:'))).toEqual([])
})

test('Cloudflare workerd sends through an absolute proxyURL, and refuses a relative one', async () => {
  const proxy = await startProxy(() => ({ status: 200, body: [] }))
  const { code } = await bundle(
    `import { createClient } from '@ob/browser'
    const attempt = (run) => run().then((value) => ({ value }), (error) => ({ error }))
    export default {
      async fetch() {
        const ob = createClient({ proxyURL: ${JSON.stringify(proxy.url)}, retry: false, credentials: 'include' })
        return Response.json([
          await attempt(() => ob.assets.list()),
          await attempt(() => ob.request('POST', '/api/x', { body: { a: 1 } })),
          await attempt(async () => createClient({ proxyURL: '/onebalance' })),
        ])
      },
    }`,
    { platform: 'neutral', minify: false },
  )
  const worker = new Miniflare({ modules: true, script: code, compatibilityDate: '2024-01-01' })
  try {
    const answer = (await (await worker.dispatchFetch('http://worker.example')).json()) as unknown
    expect(answer).toEqual([
      { value: [] },
      { value: [] },
      { error: expect.objectContaining({ code: 'configuration', message: expect.stringContaining('relative') }) },
    ])
    expect(proxy.arrived.map(({ method, body }) => [method, body])).toEqual([
      ['GET', ''],
      ['POST', '{"a":1}'],
    ])
  } finally {
    await worker.dispose()
    await proxy.close()
  }
})
