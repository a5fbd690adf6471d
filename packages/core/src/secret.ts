import { isOneBalanceError } from './errors/base.ts'
import { ConfigurationError } from './errors/classes.ts'

/** Gives the key. `rejected` is true when the API refused the one given before. */
export type KeyFunction = (question: { readonly rejected: boolean }) => string | Promise<string>

/** The key itself, or a function that gives it. */
export type KeySource = string | KeyFunction

/** A client's key: asked for before each attempt, replaced after a 401, and known so that it can be redacted. */
export interface KeyRing {
  /** The key for the next attempt; `undefined` where the client sends none. */
  ask(): string | undefined | Promise<string>
  /** After a 401: another key than the rejected one, if the source has one. Many calls rejected at once ask the source once. */
  replace(rejected: string): Promise<string | undefined>
  /** Replaces every key that this ring ever handed out. */
  redact(text: string): string
  /** The keys that it replaces. */
  known(): readonly string[]
}

/**
 * Checks a key's format: 16 to 512 visible ASCII characters and not a placeholder.
 *
 * @throws {ConfigurationError} that says what to fix and never prints the value
 */
export function checkKey(value: unknown, source = 'apiKey'): string {
  const problem = findKeyProblem(value)
  if (problem) {
    throw new ConfigurationError({
      message: `${source}: ${problem}`,
      hint: 'Give the key exactly as it was issued: 16 to 512 visible ASCII characters.',
    })
  }
  return value as string
}

/** The ring of a client that sends no key. */
export const NO_KEY: KeyRing = {
  ask: () => undefined,
  replace: async () => undefined,
  redact: (text) => text,
  known: () => [],
}

/** Makes the ring of a client. A literal is checked here, the answers of a function when they come. */
export function createKeyRing(source: KeySource | null): KeyRing {
  if (source === null) return NO_KEY
  if (typeof source === 'string') {
    const key = checkKey(source)
    return {
      ask: () => key,
      replace: async () => undefined,
      redact: createRedactor(key),
      known: () => [key],
    }
  }
  if (typeof source !== 'function')
    throw new ConfigurationError({
      message: 'apiKey: must be a string, a function that returns one, or null to send none',
    })

  const known: { readonly key: string; readonly redact: (text: string) => string }[] = []
  const question = async (rejected: boolean): Promise<string> => {
    let answer: unknown
    try {
      answer = await source({ rejected })
    } catch (error) {
      if (isOneBalanceError(error)) throw error
      throw new ConfigurationError({
        message: 'apiKey: the function that gives the key failed',
        hint: 'See `cause`: the function must return the key, or throw what says why it cannot.',
        cause: error,
      })
    }
    const key = checkKey(answer, 'apiKey (the answer of its source)')
    if (!known.some((one) => one.key === key)) known.push({ key, redact: createRedactor(key) })
    if (known.length > KNOWN_KEYS) known.shift()
    return key
  }

  // What the source answered when told of a rejection, so that calls which were rejected meanwhile need not ask again.
  const replacements = new Map<string, string>()
  let asking: Promise<string> | undefined
  // No key was handed out since the source was last told: a rejection that arrives now is part of the same one.
  let isTold = false
  return {
    async ask() {
      let key = await question(false)
      isTold = false
      for (let next = replacements.get(key); next !== undefined; next = replacements.get(next)) key = next
      return key
    },
    async replace(rejected) {
      const answered = replacements.get(rejected)
      if (answered !== undefined) return answered
      if (isTold) return undefined
      asking ??= question(true).finally(() => {
        asking = undefined
        isTold = true
      })
      const next = await asking
      if (next === rejected) return undefined
      replacements.set(rejected, next)
      // The newest answer has no successor, so the chain of replacements ends.
      replacements.delete(next)
      return next
    },
    redact: (text) => known.reduce((result, { redact }) => redact(result), text),
    known: () => known.map(({ key }) => key),
  }
}

/** Replaces a key, also where JSON writes its characters as escapes, in JSON inside of JSON too. */
function createRedactor(key: string): (text: string) => string {
  // Which escapes the characters of this key can have; a text without them is searched at once.
  const escapes = /["\\/]/.test(key) ? '\\' : '\\u00'
  let pattern: RegExp | undefined
  return (text) => {
    const plain = text.includes(key) ? text.replaceAll(key, REDACTED) : text
    // One character is looked for much faster than several, and mostly there is none.
    if (!plain.includes('\\') || !plain.includes(escapes)) return plain
    pattern ??= new RegExp([...key].map(patternOf).join(''), 'g')
    return plain.replace(pattern, REDACTED)
  }
}

function patternOf(character: string): string {
  const code = character.charCodeAt(0).toString(16)
  const anyCase = code.replace(/[a-f]/, (digit) => `[${digit}${digit.toUpperCase()}]`)
  const isEscapable = character === '/' || character === '"' || character === '\\'
  return `(?:${isEscapable ? '\\\\{0,4}' : ''}\\x${code}|\\\\{1,4}u00${anyCase})`
}

/** The most characters that one character of a key takes: four backslashes and `u0041`, JSON inside of JSON. */
export const LONGEST_ESCAPE = 9

/** What stands where a key was. */
export const REDACTED = '[redacted]'
/** Keys that one client remembers for redaction; rotation overlaps two. */
const KNOWN_KEYS = 8

const PLACEHOLDER =
  /^(?:<.*>|\$\{.*\}|\{\{.*\}\}|\[.*\])$|^(?:your|my|insert|enter|replace|paste|add|put)[-_ ]?(?:.*[-_ ])?(?:api|secret|onebalance)?[-_ ]?(?:key|token)|^(?:change|replace)[-_ ]?me|^api[-_ ]?key(?:[-_ ]?here)?$|key[-_ ]?here$|^onebalance[-_ ]api[-_ ]key$/i

function findKeyProblem(value: unknown): string | undefined {
  if (value === undefined || value === '') return 'there is no key. Set it, or pass null to send none'
  if (typeof value !== 'string') return `must be a string, not ${value === null ? 'null' : typeof value}`
  if (value.trim() === '') return 'the key is blank'
  if (value.trimEnd() !== value) return 'the key has white space or a line break at its end. Remove it'
  if (value.trimStart() !== value) return 'the key has white space at its start. Remove it'
  if (/[^\x21-\x7e]/.test(value)) return 'the key holds white space, a control character or a character outside ASCII'
  if (PLACEHOLDER.test(value)) return 'the key is a placeholder. Put the real key in its place'
  if (value.length < 16) return 'the key is too short'
  if (value.length > 512) return 'the key is too long'
  return undefined
}
