import { describe, expect, it, vi } from 'vitest'
import {
  AbortError,
  AuthenticationError,
  ConfigurationError,
  ExecutionError,
  InputError,
  InsecureUrlError,
  isOneBalanceError,
  NetworkError,
  NotFoundError,
  OneBalanceError,
  OutcomeUnknownError,
  PermissionError,
  RateLimitError,
  RequestError,
  ResponseError,
  ServerError,
  TimeoutError,
} from '../index.ts'

const details = {
  message: 'GET /x: 500 Internal Server Error',
  outcome: 'unknown',
  status: 500,
  method: 'GET',
  path: '/x',
  requestId: 'req-1',
  attempts: [{ startedAt: 1, durationMs: 2, status: 500, error: 'server_error' }],
  stopped: 'max_retries',
  retryAfter: 3,
  retryable: true,
  hint: 'Try again.',
  serverError: { message: 'no' },
  quoteId: '0x1',
} as const

const EVERY_CLASS: readonly (readonly [OneBalanceError, string, object])[] = [
  [new ConfigurationError(details), 'configuration', {}],
  [new InsecureUrlError(details), 'insecure_url', {}],
  [
    new InputError({ ...details, issues: [{ path: 'a', message: 'b' }] }),
    'invalid_input',
    { issues: [{ path: 'a', message: 'b' }] },
  ],
  [new AuthenticationError(details), 'unauthorized', {}],
  [new PermissionError(details), 'forbidden', {}],
  [new NotFoundError(details), 'not_found', {}],
  [
    new RateLimitError({ ...details, limit: 60, remaining: 0, resetAt: 9 }),
    'rate_limited',
    { limit: 60, remaining: 0, resetAt: 9 },
  ],
  [new RequestError(details), 'request_rejected', {}],
  [new ServerError(details), 'server_error', {}],
  [new NetworkError({ ...details, phase: 'body' }), 'network', { phase: 'body' }],
  [
    new TimeoutError({ ...details, scope: 'deadline', lastStatus: 'PENDING' }),
    'timeout',
    { scope: 'deadline', lastStatus: 'PENDING' },
  ],
  [new AbortError(details), 'aborted', {}],
  [new ResponseError({ ...details, code: 'invalid_response', issues: [] }), 'invalid_response', { issues: [] }],
  [new ResponseError({ ...details, code: 'response_too_large' }), 'response_too_large', {}],
  [new ResponseError({ ...details, code: 'unexpected_redirect' }), 'unexpected_redirect', {}],
  [new OutcomeUnknownError(details), 'outcome_unknown', {}],
  [
    new ExecutionError({ ...details, status: 'REFUNDED', failReason: 'SLIPPAGE' }),
    'execution_failed',
    { status: 'REFUNDED', failReason: 'SLIPPAGE' },
  ],
]

describe.each(EVERY_CLASS)('%s', (error, code, own) => {
  it('has every field, and its name', () => {
    expect(error).toMatchObject({ ...details, code, ...own })
    expect(error).toBeInstanceOf(OneBalanceError)
    expect(error).toBeInstanceOf(Error)
    expect(isOneBalanceError(error)).toBe(true)
    expect(error.name).toBe(error.constructor.name)
    expect(String(error)).toBe(`${error.name}: ${details.message}`)
    expect(error.stack).toContain(`${error.name}: ${details.message}`)
  })

  it('is one flat object as JSON', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: error.name,
      ...details,
      code,
      ...own,
      ...('issues' in error && { issues: error.issues }),
    })
  })

  it('tells what it does not know by leaving it out', () => {
    const bare = Reflect.construct(error.constructor, [{ message: 'm', code, ...own }]) as OneBalanceError
    expect(bare).toMatchObject({ message: 'm', outcome: 'not_sent', attempts: [], retryable: false, hint: '' })
    for (const field of ['method', 'path', 'requestId', 'stopped', 'retryAfter', 'serverError', 'quoteId', 'cause'])
      expect(Object.keys(bare)).not.toContain(field)
  })
})

it('an InsecureUrlError is a ConfigurationError', () => {
  expect(new InsecureUrlError({ message: 'm' })).toBeInstanceOf(ConfigurationError)
})

describe('toJSON() of a cause', () => {
  const causeOf = (cause: unknown) => JSON.parse(JSON.stringify(new AbortError({ message: 'm', cause })))['cause']

  it('is what is safe to read of it', () => {
    expect(causeOf(new TimeoutError({ message: 'inner', scope: 'attempt' }))).toMatchObject({
      code: 'timeout',
      message: 'inner',
    })
    expect(causeOf(Object.assign(new TypeError('inner'), { code: 'E1', secret: 1 }))).toEqual({
      name: 'TypeError',
      message: 'inner',
      code: 'E1',
    })
    expect(causeOf('left')).toBe('left')
    expect(causeOf(7)).toBe(7)
    expect(causeOf({ secret: 1 })).toBe('[object Object]')
    expect(causeOf(Object.create(null))).toBe('[object Object]')
    expect(causeOf(7n)).toBe('[object BigInt]')
    expect(causeOf(Symbol('s'))).toBe('[object Symbol]')
    expect(causeOf(undefined)).toBeUndefined()
  })
})

describe('isOneBalanceError', () => {
  it('knows errors of another copy of the library, both ways', async () => {
    vi.resetModules()
    const other = await import('../index.ts')
    const theirs = new other.TimeoutError({ message: 'm', scope: 'attempt' })
    expect(other.TimeoutError).not.toBe(TimeoutError)
    expect(theirs).not.toBeInstanceOf(TimeoutError)
    expect(isOneBalanceError(theirs)).toBe(true)
    expect(other.isOneBalanceError(new ServerError({ message: 'm' }))).toBe(true)
  })

  it.each([undefined, null, 'x', 7, {}, new Error('m'), { code: 'timeout', name: 'TimeoutError' }, () => {}])(
    'is false for %s',
    (value) => {
      expect(isOneBalanceError(value)).toBe(false)
    },
  )
})
