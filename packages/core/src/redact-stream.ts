import { concat } from './read-body.ts'
import { type KeyRing, LONGEST_ESCAPE } from './secret.ts'

/** Redacts a body that arrives in pieces; a key may be cut anywhere between two of them. */
export interface StreamRedactor {
  /** What may be passed on after this piece; an end that a key could begin with is held back. */
  push(chunk: Uint8Array): Uint8Array
  /** The rest, when there are no more pieces. */
  end(): Uint8Array
}

/** Makes the redactor of one body, for the keys that the ring knows by now. */
export function createStreamRedactor(keys: KeyRing): StreamRedactor {
  const known = keys.known()
  let rest: Uint8Array = EMPTY
  return {
    push(chunk) {
      const bytes = redactBytes(rest.length === 0 ? chunk : concat([rest, chunk]), keys)
      const held = Math.max(0, ...known.map((key) => countOpen(bytes, key)))
      const end = bytes.length - held
      rest = bytes.subarray(end)
      return held === 0 ? bytes : bytes.subarray(0, end)
    },
    end() {
      const last = rest
      rest = EMPTY
      return last
    },
  }
}

/** Replaces every key; gives the very bytes back where there is none. */
function redactBytes(bytes: Uint8Array, keys: KeyRing): Uint8Array {
  // A key is ASCII, and ASCII stays where it is when each byte is read as a character, whatever is around it.
  const text = LATIN_1.decode(bytes)
  return keys.redact(text) === text ? bytes : toBytes(keys.redact(toBinary(bytes)))
}

/** How many bytes at the end a key could begin with. */
function countOpen(bytes: Uint8Array, key: string): number {
  const reach = key.length * LONGEST_ESCAPE - 1
  const tail = LATIN_1.decode(bytes.subarray(-reach))
  // A key with an escape in it could begin at any of these places.
  if (tail.includes('\\')) return tail.length
  for (let at = Math.max(0, tail.length - key.length + 1); at < tail.length; at += 1)
    if (tail[at] === key[0] && key.startsWith(tail.slice(at))) return tail.length - at
  return 0
}

const EMPTY = new Uint8Array()
const LATIN_1 = /* @__PURE__ */ new TextDecoder('latin1')

/** One character for each byte, so that all other bytes come back as they were. */
function toBinary(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function toBytes(binary: string): Uint8Array {
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
