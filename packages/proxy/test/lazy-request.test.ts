// What `authorize` gets on Node.js looks like a Request in every way that it can be looked at.
import { expect, test } from 'vitest'
import { LazyRequest } from '../src/lazy-request.ts'

const parts = {
  method: 'POST',
  url: 'http://127.0.0.1/onebalance/api/v3/quote?a=1',
  rawHeaders: ['Cookie', 'a=1', 'X-A', '1', 'x-a', '2'],
}
const make = (): Request => new LazyRequest(parts) as unknown as Request

test('it is a Request', () => {
  expect(make()).toBeInstanceOf(Request)
})

test('every property and method is there, and says what a real one says', async () => {
  const real = new Request(parts.url, {
    method: parts.method,
    headers: [
      ['cookie', 'a=1'],
      ['x-a', '1'],
      ['x-a', '2'],
    ],
  })
  const lazy = make()
  for (const name of Object.getOwnPropertyNames(Request.prototype) as (keyof Request)[]) {
    if (name === 'headers' || name === 'signal' || String(name) === 'constructor') continue
    const [one, other] = [lazy[name], real[name]]
    if (typeof other === 'function') expect([name, typeof one]).toEqual([name, 'function'])
    else expect([name, one]).toEqual([name, other])
  }
  expect([...lazy.headers]).toEqual([...real.headers])
  expect(lazy.signal.aborted).toBe(false)
  expect(await lazy.text()).toBe('')
  expect([...make().clone().headers]).toEqual([...real.headers])
  // Copied by the constructor, as frameworks do.
  expect(new Request('http://other.example/', { headers: make().headers }).headers.get('cookie')).toBe('a=1')
})

test('headers are Headers, asked for one value or for all', () => {
  const { headers } = make()
  expect(headers).toBeInstanceOf(Headers)
  expect(Object.prototype.toString.call(headers)).toBe('[object Headers]')
  expect([headers.get('COOKIE'), headers.get('X-a'), headers.get('missing'), headers.has('x-A')]).toEqual([
    'a=1',
    '1, 2',
    null,
    true,
  ])
  expect(() => headers.get('no name')).toThrow(TypeError)
  expect([...make().headers.keys()]).toEqual(['cookie', 'x-a'])
  headers.set('cookie', 'b=2')
  expect(headers.get('cookie')).toBe('b=2')
})

test('a header that is looked at costs no real one', () => {
  const lazy = new LazyRequest({ ...parts, url: 'no URL at all' })
  expect(lazy.headers.get('cookie')).toBe('a=1')
  expect(lazy.headers).toBe(lazy.headers)
  expect(() => LazyRequest.real(lazy)).toThrow(TypeError)
})
