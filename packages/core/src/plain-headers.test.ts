import { describe, expect, it } from 'vitest'
import { PlainHeaders, toPlatformInit } from './plain-headers.ts'

describe('PlainHeaders', () => {
  it('answers as Headers do', () => {
    const headers = new PlainHeaders({ accept: 'application/json' })
    expect(headers.get('accept')).toBe('application/json')
    expect(headers.has('accept')).toBe(true)
    expect(headers.get('x-other')).toBeNull()
    expect(headers.has('x-other')).toBe(false)
    expect(new PlainHeaders().has('accept')).toBe(false)
  })
})

describe('toPlatformInit', () => {
  const { signal } = new AbortController()

  it('leaves the options of ofetch behind', () => {
    const headers = new PlainHeaders({ accept: 'application/json' })
    const init = { method: 'POST', headers, redirect: 'manual', body: '{}', signal, duplex: 'half', retry: false }
    expect(toPlatformInit(init as unknown as RequestInit)).toStrictEqual({
      method: 'POST',
      headers: { accept: 'application/json' },
      redirect: 'manual',
      body: '{}',
      signal,
      duplex: 'half',
    })
  })

  it("passes on what is not the engine's", () => {
    const init = { headers: { accept: 'text/plain' }, keepalive: true }
    expect(toPlatformInit(init)).toBe(init)
  })
})
