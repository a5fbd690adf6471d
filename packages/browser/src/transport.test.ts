import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBrowserTransport, createCallId } from './transport.ts'

test('call ids are 32 hex digits, and no two are the same', () => {
  const ids = Array.from({ length: 20_000 }, createCallId)
  expect(ids.every((id) => /^[\da-f]{32}$/.test(id))).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
})

test('every bit of a call id is random', () => {
  // Of 512 ids, a bit that is always the same is one chance in 2^505 for all 128 of them.
  const ids = Array.from({ length: 512 }, () => BigInt(`0x${createCallId()}`))
  const every = (1n << 128n) - 1n
  expect(ids.reduce((all, id) => all | id)).toBe(every)
  expect(ids.reduce((all, id) => all & id, every)).toBe(0n)
})

test('whatever headers and body it gets, a request carries the two names, and an id if and only if it is no read', async () => {
  const reserved = ['authorization', 'x-api-key', 'x-ob-client', 'x-ob-call', 'user-agent', 'content-length']
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
      fc.dictionary(
        fc.stringMatching(/^[a-z][a-z-]{0,12}$/).filter((name) => !reserved.includes(name)),
        fc.stringMatching(/^[!-~]{0,20}$/),
      ),
      fc.constantFrom('x-ob-call', 'X-OB-Call', 'x-ob-client', 'User-Agent', 'Content-Length'),
      fc.string({ unit: 'binary' }).filter((text) => !/[\ud800-\udfff]/u.test(text)),
      async (method, headers, spoofed, text) => {
        let init: RequestInit = {}
        const transport = createBrowserTransport({
          fetch: async (_, given) => {
            init = given
            return new Response()
          },
          credentials: 'same-origin',
          keyHeader: 'x-api-key',
        })
        const isRead = method === 'GET' || method === 'HEAD'
        const body = isRead ? null : new Response(text).body
        await transport.fetch('https://app.example', { method, headers: { ...headers, [spoofed]: '7' }, body })
        const sent = init.headers as Headers
        expect(sent.get('x-ob-client')).toMatch(/^browser\//)
        expect(sent.get('user-agent') ?? sent.get('content-length')).toBeNull()
        for (const [name, value] of Object.entries(headers)) expect(sent.get(name)).toBe(value)
        const id = sent.get('x-ob-call')
        if (isRead) expect(id).toBeNull()
        else {
          expect(id).toMatch(/^[\da-f]{32}$/)
          expect(seen.has(id as string)).toBe(false)
          seen.add(id as string)
          expect(init.body).toBe(text)
        }
      },
    ),
  )
})
