import { concat } from './read-body.ts'
import type { KeyRing } from './secret.ts'

/** Redacts a body that arrives in pieces; a key may be cut anywhere between two of them. */
export interface StreamRedactor {
  /** What may be passed on after this piece; the last bytes are held back, as far as a key could reach into the next piece. */
  push(chunk: Uint8Array): Uint8Array
  /** The rest, when there are no more pieces. */
  end(): Uint8Array
}

/** Makes the redactor of one body, for the keys that the ring knows by now. */
export function createStreamRedactor(keys: KeyRing): StreamRedactor {
  const held = Math.max(0, keys.reach() - 1)
  if (held === 0) return { push: (chunk) => chunk, end: () => EMPTY }
  let rest: Uint8Array = EMPTY
  const redactRest = (chunk: Uint8Array): void => {
    const bytes = rest.length === 0 ? chunk : concat([rest, chunk])
    // A key is ASCII, and ASCII stays where it is when bytes are read as UTF-8, whatever is wrong around it.
    const text = new TextDecoder().decode(bytes)
    rest = keys.redact(text) === text ? bytes : toBytes(keys.redact(toBinary(bytes)))
  }
  return {
    push(chunk) {
      redactRest(chunk)
      const ready = rest.subarray(0, Math.max(0, rest.length - held))
      rest = rest.subarray(ready.length)
      return ready
    },
    end() {
      const last = rest
      rest = EMPTY
      return last
    },
  }
}

const EMPTY = new Uint8Array()

/** One character for each byte, so that all other bytes come back as they were. */
function toBinary(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function toBytes(binary: string): Uint8Array {
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
