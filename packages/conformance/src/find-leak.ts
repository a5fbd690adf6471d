/** Every way in which a key, or eight characters of it, could stand in a text. */
export function findLeak(text: string, key: string): string | undefined {
  for (const [form, needle] of formsOf(key)) if (text.includes(needle)) return form
  for (let at = 0; at + 8 <= key.length; at += 1) {
    if (text.includes(key.slice(at, at + 8))) return `the piece from character ${at}`
  }
  return undefined
}

function* formsOf(key: string): Generator<[string, string]> {
  const codes = [...key].map((letter) => letter.charCodeAt(0))
  const hex = codes.map((code) => code.toString(16).padStart(2, '0'))
  yield ['as it is', key]
  yield ['backwards', [...key].reverse().join('')]
  yield ['hex', hex.join('')]
  yield ['upper-case hex', hex.join('').toUpperCase()]
  yield ['percent-encoded', hex.map((code) => `%${code}`).join('')]
  yield ['JSON-escaped', hex.map((code) => `\\u00${code}`).join('')]
  yield ['a list of bytes', codes.join(',')]
  yield ['a spaced list of bytes', codes.join(', ')]
  for (const offset of [0, 1, 2]) {
    // The first and last letters of base64 depend on what stands around.
    yield [`base64 at offset ${offset}`, btoa(`${'x'.repeat(offset)}${key}`).slice(offset ? 4 : 0, -4)]
  }
}

/**
 * Every string that can be reached from a value: own and inherited properties, enumerable or not, by name and by symbol, through
 * getters, causes, maps, headers and bytes.
 */
export function textOf(root: unknown): string {
  const seen = new Set<unknown>([globalThis])
  const found: string[] = []
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === 'string') found.push(value)
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || depth > 12)
      return
    seen.add(value)
    if (value instanceof Uint8Array) found.push(new TextDecoder().decode(value))
    if (value instanceof Map || value instanceof Set || value instanceof Headers) {
      for (const entry of value.entries()) visit(entry, depth + 1)
    }
    for (let owner: object | null = value; owner && !BUILT_IN.has(owner); owner = Object.getPrototypeOf(owner)) {
      for (const name of Reflect.ownKeys(owner)) {
        found.push(String(name))
        visit(read(value, name), depth + 1)
      }
    }
  }
  visit(root, 0)
  return found.join('\n')
}

/** Prototypes that hold nothing of ours. */
const BUILT_IN = new Set<object>([Object.prototype, Function.prototype, Array.prototype, Promise.prototype])

function read(owner: object, name: string | symbol): unknown {
  try {
    return (owner as Record<string | symbol, unknown>)[name]
  } catch {
    return undefined
  }
}
