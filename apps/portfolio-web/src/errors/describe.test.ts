import {
  AbortError,
  AuthenticationError,
  ConfigurationError,
  ExecutionError,
  InputError,
  InsecureUrlError,
  NetworkError,
  NotFoundError,
  OutcomeUnknownError,
  PermissionError,
  RateLimitError,
  RequestError,
  ResponseError,
  ServerError,
  TimeoutError,
} from '@ob/browser'
import { expect, it } from 'vitest'
import { describeError } from './describe.ts'

const details = { message: 'GET /x: it went wrong', hint: 'Do this.', outcome: 'rejected' as const, requestId: 'r-1' }

it('has a title of its own for every error, and passes message and hint on', () => {
  const errors = [
    new ConfigurationError(details),
    new InsecureUrlError(details),
    new InputError({ ...details, issues: [] }),
    new AuthenticationError(details),
    new PermissionError(details),
    new NotFoundError(details),
    new RateLimitError(details),
    new RequestError(details),
    new ServerError(details),
    new NetworkError({ ...details, phase: 'connect' }),
    new TimeoutError({ ...details, scope: 'attempt' }),
    new AbortError(details),
    ...(['invalid_response', 'response_too_large', 'unexpected_redirect'] as const).map(
      (code) => new ResponseError({ ...details, code }),
    ),
    new OutcomeUnknownError(details),
    new ExecutionError(details),
  ]
  const described = errors.map((error) => describeError(error, 0))
  expect(new Set(described.map(({ title }) => title)).size).toBe(errors.length)
  for (const { message, hint } of described) expect([message, hint]).toEqual(['GET /x: it went wrong', 'Do this.'])
  for (const [index, { details: facts }] of described.entries())
    expect(facts).toEqual([
      ['Code', errors[index]?.code],
      ['Outcome', 'rejected'],
      ['Request', 'r-1'],
    ])
})

it('says when the next request may be made, where the API said so', () => {
  expect(describeError(new RateLimitError({ ...details, retryAfter: 12_000 }), 1_000).retryAt).toBe(13_000)
  expect(describeError(new RateLimitError(details), 1_000)).not.toHaveProperty('retryAt')
})

it('describes what is no error of the library too', () => {
  expect(describeError(new Error('User rejected the request'), 0)).toMatchObject({
    title: 'Something went wrong in this page',
    message: 'User rejected the request',
  })
  expect(describeError('odd', 0).message).toBe('odd')
})
