// Every form in which a key could stand in bytes that somebody receives.

/** A key that is nowhere else, so that any eight characters of it prove a leak. */
export const CANARY = 'cAn4rY-Kq7ZwX2vT9pLmB5sD8hJ3'

/** The form in which a key, or a piece of it, stands in the bytes; `undefined` where it does not. */
export function findLeak(bytes: Uint8Array | string, key: string = CANARY): string | undefined {
  const text = (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1')).toLowerCase()
  for (const [form, needle] of formsOf(key)) if (text.includes(needle.toLowerCase())) return form
  return undefined
}

/** Every such form. */
export function formsOf(key: string): ReadonlyMap<string, string> {
  const hex = [...Buffer.from(key)].map((byte) => byte.toString(16).padStart(2, '0'))
  const forms = new Map([
    ['as it is', key],
    ['backwards', [...key].reverse().join('')],
    ['hex', hex.join('')],
    ['percent-encoded', hex.map((byte) => `%${byte}`).join('')],
    ['JSON-escaped', hex.map((byte) => `\\u00${byte}`).join('')],
    ['as a list of bytes', [...Buffer.from(key)].join(',')],
  ])
  // The first and last letters of base64 depend on what stands around.
  for (const offset of [0, 1, 2])
    forms.set(`base64 at offset ${offset}`, btoa('x'.repeat(offset) + key).slice(offset ? 4 : 0, -4))
  for (let at = 0; at + 8 <= key.length; at += 1) forms.set(`its piece at ${at}`, key.slice(at, at + 8))
  return forms
}
