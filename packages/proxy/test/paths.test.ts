// The list of what may pass, apart from the attacks on it.
import { endpoint, listAssets } from '@ob/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPaths } from '../src/paths.ts'

const { output } = listAssets
const list = [
  endpoint({ method: 'GET', path: '/items', output, retry: 'safe' }),
  endpoint({ method: 'POST', path: '/items', output, retry: 'once' }),
  endpoint({ method: 'GET', path: '/items/{id}', output, retry: 'safe' }),
  endpoint({ method: 'GET', path: '/items/newest', output, retry: 'safe' }),
  endpoint({ method: 'GET', path: '/items/{id}.json', output, retry: 'safe' }),
  endpoint({ method: 'POST', path: '/items/{id}:cancel', output, retry: 'once' }),
  endpoint({ method: 'GET', path: "/a!$&'()*+,;=:@b", output, retry: 'safe' }),
]
const match = createPaths(list, '/p')
const find = (method: string, target: string): unknown => {
  const matched = match(method, target)
  return 'status' in matched ? matched.status : `${matched.endpoint.method} ${matched.endpoint.path} ${matched.query}`
}

test.each([
  ['GET', '/p/items', 'GET /items '],
  ['POST', '/p/items', 'POST /items '],
  ['DELETE', '/p/items', 405],
  ['GET', '/p/items/newest', 'GET /items/newest '],
  ['GET', '/p/items/1', 'GET /items/{id} '],
  ['GET', '/p/items/1?b=2&a=1', 'GET /items/{id} b=2&a=1'],
  ['POST', '/p/items/1:cancel', 'POST /items/{id}:cancel '],
  ['GET', '/p/items/1:cancel', 405],
  ['GET', "/p/a!$&'()*+,;=:@b", "GET /a!$&'()*+,;=:@b "],
  ['GET', '/p/items/a%20b', 'GET /items/{id} '],
  ['GET', '/p/items/%C3%A4', 'GET /items/{id} '],
  ['GET', "/p/items/a!b'(c)*", 'GET /items/{id} '],
  ['GET', '/p/items/%c3%a4', 400],
  ['GET', '/p/items/%41', 400],
  ['GET', '/p/items/a:b', 400],
  ['GET', '/p/items/', 404],
  ['GET', '/p/items/1/2', 404],
  ['GET', '/items', 404],
  ['GET', '/p', 404],
])('%s %s', (method, target, expected) => {
  expect(find(method, target)).toBe(expected)
})

test('a 405 names every method of the path', () => {
  expect(match('DELETE', '/p/items')).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } })
})

test('a prefix may be empty', () => {
  expect(createPaths(list, '')('GET', '/items')).toMatchObject({ path: '/items' })
})

test('a query comes out as URLSearchParams writes it, and one that names a field twice does not', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab-_.*:,~+ä%20'), maxLength: 4 })
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.constantFrom('=', '==', ''), text), { maxLength: 3 }), (pairs) => {
      const raw = pairs.map((pair) => pair.join('')).join('&')
      const found = match('GET', `/p/items?${raw}`)
      const names = [...new URLSearchParams(raw).keys()]
      if ('status' in found) expect(new Set(names).size < names.length || /[^!-~]|%(?!20)/.test(raw)).toBe(true)
      else expect(found.query).toBe(new URLSearchParams(raw).toString())
    }),
  )
})
