/** Where a secret was found. */
export interface Leak {
  readonly path: string
  readonly form: string
}

/** Every form in which a secret could hide in a text. */
export function formsOf(secret: string): ReadonlyMap<string, string> {
  const bytes = [...new TextEncoder().encode(secret)]
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
  const forms = new Map([
    ['exact', secret],
    ['reversed', [...secret].reverse().join('')],
    ['hex', hex.join('')],
    ['percent', hex.map((byte) => `%${byte}`).join('')],
    ['JSON-escaped', hex.map((byte) => `\\u00${byte}`).join('')],
  ])
  // What stands before the secret moves it within the groups of three bytes, so there are three encodings; their ends depend on
  // the neighbours and are cut off.
  for (const offset of [0, 1, 2]) {
    const encoded = btoa('\0'.repeat(offset) + secret)
    forms.set(`base64 at ${offset}`, encoded.slice(offset === 0 ? 0 : 4, -4))
  }
  for (let start = 0; start + PIECE <= secret.length; start += 1)
    forms.set(`piece ${start}`, secret.slice(start, start + PIECE))
  return forms
}

const PIECE = 8

/**
 * Searches everything that can be reached from a value: own and inherited, enumerable or not, symbols, getters, causes, entries of
 * maps, sets and headers, prototypes, sources of functions, stacks.
 */
export function findLeaks(root: unknown, secret: string): Leak[] {
  const forms = [...formsOf(secret)].map(([form, text]) => [form, text.toLowerCase()] as const)
  const leaks: Leak[] = []
  const seen = new Set<unknown>()
  const queue: [path: string, value: unknown][] = [['$', root]]
  const look = (path: string, text: string): void => {
    const lower = text.toLowerCase()
    const found = forms.find(([, needle]) => lower.includes(needle))
    if (found) leaks.push({ path, form: found[0] })
  }
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [path, value] = next
    if (value === null || value === undefined) continue
    if (typeof value !== 'object' && typeof value !== 'function') {
      look(path, String(value))
      continue
    }
    if (seen.has(value)) continue
    seen.add(value)
    if (seen.size > MAX_OBJECTS) throw new Error(`more than ${MAX_OBJECTS} objects are reachable, at ${path}`)
    if (typeof value === 'function') look(`${path}()`, Function.prototype.toString.call(value))
    if (isIterable(value) && !ArrayBuffer.isView(value))
      [...value].forEach((item, index) => {
        queue.push([`${path}<${index}>`, item])
      })
    for (let holder: object | null = value; holder; holder = Object.getPrototypeOf(holder)) {
      for (const name of Reflect.ownKeys(holder)) {
        look(`${path}.key`, String(name))
        if (!BUILT_IN.has(holder)) queue.push([`${path}.${String(name)}`, read(value, holder, name)])
      }
    }
  }
  return leaks
}

/** So many objects are reachable from nothing that the library makes. */
const MAX_OBJECTS = 20_000
const BUILT_IN: ReadonlySet<object> = new Set([
  Object.prototype,
  Function.prototype,
  Array.prototype,
  Promise.prototype,
])

function isIterable(value: object): value is Iterable<unknown> {
  return value instanceof Map || value instanceof Set || value instanceof Headers
}

function read(value: object, holder: object, name: string | symbol): unknown {
  try {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name)
    return descriptor?.get ? descriptor.get.call(value) : descriptor?.value
  } catch {
    return undefined
  }
}
