import { describe, expect, it } from 'vitest'
import { proveConnection } from './never-connected.ts'

const systemError = (fields: object, message = 'failed'): Error => Object.assign(new Error(message), fields)
/** As `fetch` wraps it. */
const wrapped = (cause: unknown): Error => new TypeError('fetch failed', { cause })

describe('what an error of the platform proves', () => {
  it.each<[string, Error]>([
    ['refused', systemError({ code: 'ECONNREFUSED', syscall: 'connect' })],
    ['name not found', systemError({ code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
    ['name server silent', systemError({ code: 'EAI_AGAIN' })],
    ['unreachable while connecting', systemError({ code: 'EHOSTUNREACH', syscall: 'connect' })],
    ['timed out while connecting', systemError({ code: 'ETIMEDOUT', syscall: 'connect' })],
    ['connect timeout of undici', systemError({ code: 'UND_ERR_CONNECT_TIMEOUT' })],
    [
      'every address refused',
      new AggregateError([systemError({ code: 'ECONNREFUSED' }), systemError({ code: 'ENOTFOUND' })]),
    ],
    ['Bun', systemError({ code: 'ConnectionRefused' })],
    ['Deno', new TypeError('error sending request for url (https://x/): client error (Connect): dns error')],
    [
      'reset in the TLS handshake',
      systemError(
        { code: 'ECONNRESET' },
        'Client network socket disconnected before secure TLS connection was established',
      ),
    ],
  ])('no connection: %s', (_, error) => {
    expect(proveConnection(error)).toBe('never_connected')
    expect(proveConnection(wrapped(error))).toBe('never_connected')
    expect(proveConnection(wrapped(wrapped(error)))).toBe('never_connected')
  })

  it.each<[string, Error]>([
    ['self-signed', systemError({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })],
    ['self-signed in the chain', systemError({ code: 'SELF_SIGNED_CERT_IN_CHAIN' })],
    ['unknown issuer', systemError({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })],
    ['expired', systemError({ code: 'CERT_HAS_EXPIRED' })],
    ['wrong name', systemError({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })],
    ['Deno', new TypeError('client error (Connect): invalid peer certificate: UnknownIssuer')],
  ])('a certificate that is not trusted: %s', (_, error) => {
    expect(proveConnection(wrapped(error))).toBe('untrusted')
  })

  it.each<[string, unknown]>([
    ['reset', systemError({ code: 'ECONNRESET', syscall: 'read' })],
    ['broken pipe', systemError({ code: 'EPIPE', syscall: 'write' })],
    ['timed out while reading', systemError({ code: 'ETIMEDOUT', syscall: 'read' })],
    ['closed by the other side', systemError({ code: 'UND_ERR_SOCKET' }, 'other side closed')],
    ['headers timeout', systemError({ code: 'UND_ERR_HEADERS_TIMEOUT' })],
    [
      'one of two addresses',
      new AggregateError([systemError({ code: 'ECONNREFUSED' }), systemError({ code: 'ECONNRESET' })]),
    ],
    ['no addresses', new AggregateError([])],
    ['a browser', new TypeError('Failed to fetch')],
    ['a string', 'ECONNREFUSED'],
    ['nothing', undefined],
    ['null', null],
    ['a code that is a number', systemError({ code: 111 })],
  ])('nothing: %s', (_, error) => {
    expect(proveConnection(error)).toBe('unknown')
    expect(proveConnection(wrapped(error))).toBe('unknown')
  })

  it('ends on a chain of causes that is a circle', () => {
    const error = new Error('a')
    error.cause = error
    expect(proveConnection(error)).toBe('unknown')
  })
})
