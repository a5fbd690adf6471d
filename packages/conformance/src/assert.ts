/** What a case throws when something is not as it must be. */
export class AssertionError extends Error {
  override get name(): string {
    return 'AssertionError'
  }
}

export function ok(value: unknown, what: string): asserts value {
  if (!value) throw new AssertionError(what)
}

/** Equal by value: same JSON for objects, `Object.is` for all else. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return
  const [left, right] = [show(actual), show(expected)]
  if (typeof actual === 'object' && typeof expected === 'object' && left === right) return
  throw new AssertionError(`${what}: ${left}, not ${right}`)
}

export function matches(text: unknown, pattern: RegExp, what: string): void {
  if (typeof text !== 'string' || !pattern.test(text))
    throw new AssertionError(`${what}: ${show(text)} does not match ${pattern}`)
}

/** The error that a function throws at once. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new AssertionError('nothing was thrown')
}

/** The error that a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new AssertionError(`it did not reject, but gave ${show(value)}`)
}

function show(value: unknown): string {
  try {
    const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
    return text.length > 300 ? `${text.slice(0, 300)}…` : text
  } catch {
    return String(value)
  }
}
