import { describe, expect, it } from 'vitest'
import { readError } from './read-error.ts'

describe('readError', () => {
  it.each([
    [
      { error: 'UnauthorizedException', message: 'Invalid key', statusCode: 401, timestamp: 't', path: '/x' },
      { error: 'UnauthorizedException', message: 'Invalid key', code: 401 },
    ],
    [
      { error: 'Unauthorized', message: 'm', code: 401 },
      { error: 'Unauthorized', message: 'm', code: 401 },
    ],
    [
      { message: 'Incorrect tamper proof signature', statusCode: 400 },
      { message: 'Incorrect tamper proof signature', code: 400 },
    ],
    [
      { message: ['a', 'b'], error: 'Bad Request' },
      { error: 'Bad Request', message: 'a; b' },
    ],
    [{ message: [{ message: 'a' }, 7] }, { message: 'a' }],
    [{ error: { message: 'm', code: 'DELEGATION-001' } }, { message: 'm', code: 'DELEGATION-001' }],
    [{ message: { error: 'E', message: 'm', statusCode: 400 } }, { error: 'E', message: 'm', code: 400 }],
    [{ errors: ['a', 'b'] }, { message: 'a; b' }],
    [{ code: 'DELEGATION-001', statusCode: 400 }, { code: 'DELEGATION-001' }],
    ['text', { message: 'text' }],
  ])('reads %j', (body, expected) => {
    expect(readError(body)).toEqual(expected)
  })

  it.each([undefined, null, '', 7, {}, [], { error: '' }, { message: [] }, { error: null }])(
    'finds nothing in %j',
    (body) => {
      expect(readError(body)).toBeUndefined()
    },
  )

  it('stops in a body that nests for ever', () => {
    const body: Record<string, unknown> = {}
    body['error'] = body
    expect(readError(body)).toBeUndefined()
  })
})
