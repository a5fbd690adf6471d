import { inspect } from 'node:util'

/** Where in a text a key shows, in any common encoding or in part; empty where it does not. */
export function findKey(text: string, key: string): string[] {
  const found: string[] = []
  const look = (how: string, needle: string, hay = text): void => {
    if (needle.length >= 8 && hay.includes(needle)) found.push(how)
  }
  look('exact', key)
  look('percent', encodeURIComponent(key))
  look('JSON', JSON.stringify(key).slice(1, -1))
  look('hex', Buffer.from(key).toString('hex'), text.toLowerCase())
  // Base64 of a text depends on where in a group of three bytes it begins; the edges depend on the neighbours.
  for (const offset of [0, 1, 2])
    for (const encoding of ['base64', 'base64url'] as const)
      look(
        `${encoding} at ${offset}`,
        Buffer.from(`${'\0'.repeat(offset)}${key}`)
          .toString(encoding)
          .slice(offset && 4, -4),
      )
  for (let start = 0; start + 8 <= key.length; start += 1) look(`piece at ${start}`, key.slice(start, start + 8))
  return found
}

/** Everything a program could print of a value. */
export function printAll(value: unknown): string {
  const parts = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    inspect(value),
    String(value),
    attempt(() => JSON.stringify(value)),
    attempt(() => inspect(structuredClone(value), { depth: Number.POSITIVE_INFINITY, showHidden: true })),
    walk(value),
  ]
  return parts.join('\n')
}

function attempt(print: () => string | undefined): string {
  try {
    return print() ?? ''
  } catch (error) {
    return String(error)
  }
}

/** Own and inherited properties, enumerable or not, symbols too, and what getters give. */
function walk(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value !== 'object' && typeof value !== 'function') return String(value)
  if (value === null || seen.has(value) || seen.size > 2_000) return ''
  seen.add(value)
  const parts: string[] = []
  for (let owner: object | null = value; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const name of Reflect.ownKeys(owner)) {
      parts.push(String(name))
      try {
        parts.push(walk(Reflect.get(owner, name, value), seen))
      } catch {
        // A getter that cannot be read on this object shows nothing.
      }
    }
  }
  return parts.join('\n')
}
