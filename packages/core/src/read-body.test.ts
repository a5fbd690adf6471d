import { describe, expect, it, vi } from 'vitest'
import { chunked } from '../test/transport.ts'
import { collectBody, toBody } from './read-body.ts'
import { resolveRuntime } from './runtime.ts'
import { limitTime } from './time-limit.ts'

const MAX_BYTES = 10

function framed(text: string, headers: Record<string, string>, status = 200) {
  const response = chunked([text], { status })
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return { response, whole: vi.spyOn(response, 'arrayBuffer') }
}

async function read(response: Response, { isFramed = true, timeout = 1_000 } = {}) {
  const limit = limitTime(resolveRuntime(), { signal: undefined, timeout })
  const body = toBody(await collectBody(response, MAX_BYTES, limit, isFramed), response.ok)
  limit.end(false)
  return body
}

describe('a body from a transport that keeps it to its declared length', () => {
  it('is taken whole', async () => {
    const { response, whole } = framed('["\u00e9"]', { 'content-length': '6' })
    expect(await read(response)).toEqual({ text: '["\u00e9"]' })
    expect(whole).toHaveBeenCalledOnce()
  })

  it.each<[string, Record<string, string>, number?]>([
    ['of no declared length', {}],
    [
      'with a length beside a content coding, which is that of the coded bytes',
      { 'content-length': '2', 'content-encoding': 'gzip' },
    ],
    [
      'with a length beside a transfer coding, which does not count',
      { 'content-length': '2', 'transfer-encoding': 'chunked' },
    ],
    ['with a length twice', { 'content-length': '2, 2' }],
    ['with a length that is no count', { 'content-length': '+2' }],
    ['with no length at all', { 'content-length': '' }],
    ['of an error, of which every part counts', { 'content-length': '2' }, 500],
  ])('is read piece by piece %s', async (_, headers, status) => {
    const { response, whole } = framed('[]', headers, status)
    expect(await read(response)).toEqual({ text: '[]' })
    expect(whole).not.toHaveBeenCalled()
  })

  it('is cut where it declares more than the limit', async () => {
    const { response, whole } = framed('["01234567"]', { 'content-length': '12' })
    expect(await read(response)).toMatchObject({ failure: { kind: 'too_large' } })
    expect(whole).not.toHaveBeenCalled()
  })

  it('is read piece by piece where the transport does not promise that', async () => {
    const { response, whole } = framed('[]', { 'content-length': '2' })
    expect(await read(response, { isFramed: false })).toEqual({ text: '[]' })
    expect(whole).not.toHaveBeenCalled()
  })

  it('fails where it ends early', async () => {
    const cause = new Error('reset')
    const response = chunked(['['], { error: cause })
    response.headers.set('content-length', '2')
    expect(await read(response)).toEqual({ text: '', failure: { kind: 'cut', cause } })
  })

  it('fails at the time limit where it stalls, whatever the platform does', async () => {
    const response = chunked(['['], { ends: false })
    response.headers.set('content-length', '2')
    expect(await read(response, { timeout: 5 })).toMatchObject({ failure: { kind: 'cut' } })
  })

  it('must be UTF-8', async () => {
    const response = chunked([new Uint8Array([0x5b, 0xff, 0x5d])])
    response.headers.set('content-length', '3')
    expect(await read(response)).toMatchObject({ failure: { kind: 'unreadable' } })
  })
})
