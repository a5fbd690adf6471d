import type { AnyEndpoint, Issue } from '../api.ts'
import type { Caller } from '../caller.ts'
import { InputError } from '../errors/classes.ts'

/** Quotes that a client remembers, and the longest of them; both far above what lives at one time. */
const MAX_QUOTES = 100
const MAX_LENGTH = 512 * 1024
/** The stack is not the sender's to spend. */
const MAX_DEPTH = 64

/** The text of each quote that a client was given, by id. Goes away with the client. */
const issuedTo = new WeakMap<Caller, Map<string, string>>()

/** Remembers a quote as the API issued it. */
export function rememberQuote(call: Caller, quote: unknown): void {
  const text = toText(quote)
  const id = idOf(quote)
  if (text === undefined || id === undefined || text.length > MAX_LENGTH) return
  const quotes = issuedTo.get(call) ?? new Map<string, string>()
  issuedTo.set(call, quotes)
  quotes.delete(id)
  quotes.set(id, text)
  for (const oldest of quotes.keys()) {
    if (quotes.size <= MAX_QUOTES) break
    quotes.delete(oldest)
  }
}

/**
 * Refuses a quote that is not what the API issued to this client, signatures aside. The API would refuse it too, with "Incorrect
 * tamper proof signature" and nothing on what changed. A quote of another client is not known here, and passes.
 *
 * @throws {InputError} with the path of the first difference
 */
export function refuseChanged(call: Caller, { method, path }: AnyEndpoint, quote: unknown): void {
  const issued = issuedTo.get(call)?.get(idOf(quote) ?? '')
  const given = toText(quote)
  if (issued === undefined || given === undefined || issued === given) return
  const difference = findDifference(JSON.parse(issued), JSON.parse(given), [])
  if (!difference) return
  const issue: Issue = {
    path: difference.join('.'),
    message: 'differs from the quote that the API issued: keep its fields and their order, change only signatures',
  }
  throw new InputError({
    message: `${method} ${path}: the input does not fit: ${issue.path}: ${issue.message}`,
    hint: 'Sign with signQuote, which changes nothing else, or create a new quote.',
    method,
    path,
    quoteId: idOf(quote),
    issues: [issue],
  })
}

/** The path of the first difference between two values from `JSON.parse`; the order of keys counts. */
function findDifference(issued: unknown, given: unknown, path: readonly string[]): readonly string[] | undefined {
  if (issued === given || isSignature(path, given)) return undefined
  if (!isObject(issued) || !isObject(given) || Array.isArray(issued) !== Array.isArray(given)) return path
  if (path.length >= MAX_DEPTH) return toText(issued) === toText(given) ? undefined : path
  const names = Object.keys(issued)
  // A signature may also come where there was none.
  const givenNames = Object.keys(given).filter(
    (name) => Object.hasOwn(issued, name) || !isSignature([...path, name], given[name]),
  )
  for (let index = 0; index < Math.max(names.length, givenNames.length); index += 1) {
    const name = (givenNames[index] ?? names[index]) as string
    if (name !== names[index]) return [...path, name]
    const difference = findDifference(issued[name], given[name], [...path, name])
    if (difference) return difference
  }
  return undefined
}

const SLOT = /^(?:originChainsOperations\.\d+|destinationChainOperation)(?:\.userOp|\.delegation)?\.signature$/

function isSignature(path: readonly string[], value: unknown): boolean {
  if (path.at(-1) !== 'signature' || !SLOT.test(path.join('.'))) return false
  return typeof value === 'string' || (path.at(-2) === 'delegation' && isObject(value))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function idOf(quote: unknown): string | undefined {
  const id = isObject(quote) ? quote['id'] : undefined
  return typeof id === 'string' ? id : undefined
}

function toText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
