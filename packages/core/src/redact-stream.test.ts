import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStreamRedactor } from './redact-stream.ts'
import { createKeyRing } from './secret.ts'

const KEY = 'canary-4f9d2b7c8e1a'
const ESCAPED = [...KEY].map((character) => toEscape(character, 4)).join('')

/** As JSON writes a character that it need not escape, with so many backslashes. */
function toEscape(character: string, slashes: number): string {
  return `${'\\'.repeat(slashes)}u00${character.charCodeAt(0).toString(16)}`
}

function redact(bytes: Uint8Array, cuts: readonly number[]): Uint8Array {
  const redactor = createStreamRedactor(createKeyRing(KEY))
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  const pieces = places.slice(1).map((end, index) => redactor.push(bytes.subarray(places[index], end)))
  return Uint8Array.from([...pieces, redactor.end()].flatMap((piece) => [...piece]))
}

describe('createStreamRedactor', () => {
  it('finds a key wherever the pieces are cut, and leaves every other byte as it was', () => {
    const noise = fc.uint8Array({ maxLength: 400 })
    const mixed = fc
      .array(fc.nat(4), { minLength: KEY.length, maxLength: KEY.length })
      .map((slashes) =>
        slashes.map((count, at) => (count === 0 ? KEY.charAt(at) : toEscape(KEY.charAt(at), count))).join(''),
      )
    const key = fc.oneof(fc.constantFrom(KEY, ESCAPED), mixed)
    fc.assert(
      fc.property(noise, key, noise, fc.array(fc.nat(), { maxLength: 12 }), (before, written, after, cuts) => {
        // What stands before a key must not be half of an escape of its first character.
        const head = before.filter((byte) => byte !== 0x5c)
        const bytes = Uint8Array.from([...head, ...new TextEncoder().encode(written), ...after])
        const expected = [...head, ...new TextEncoder().encode('[redacted]'), ...after]
        expect([...redact(bytes, cuts)]).toEqual(expected)
      }),
    )
  })

  it('passes the very bytes on where there is no key to hide', () => {
    const chunk = new Uint8Array([1, 2, 3])
    const redactor = createStreamRedactor(createKeyRing(null))
    expect(redactor.push(chunk)).toBe(chunk)
    expect(redactor.end()).toHaveLength(0)
  })
})
