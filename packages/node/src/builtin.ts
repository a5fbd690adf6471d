import type { AgentClass } from './undici.ts'

/** Where undici keeps the dispatcher of `fetch` since its handlers are as they are here; the one of Node 20 and 22 has other handlers. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.2')
/**
 * By major, the first minor that looks at an idle connection before it writes to it (GHSA-35p6-xmwp-9g52). Without that, a POST can go into
 * the end of a connection. Later majors have not passed the tests of this package.
 */
const SAFE_SINCE: Readonly<Record<number, number>> = { 7: 28, 8: 5 }
/** What the constructor's own refusal says of where it stands. No module of a user can have this address. */
const OWN_FRAME = /^\s*at new Agent \(node:internal\/deps\/undici\/undici:/m

/**
 * Finds the `Agent` that Node's own `fetch` is made of. It is there already where the package would have to be loaded, but no documented
 * part of Node: where anything is not as it is known, there is none, and the package serves.
 *
 * Only the class is taken, never the dispatcher: that one may be the user's, with a proxy, with mocks, or without a check of certificates.
 */
export function findBuiltinAgent(): AgentClass | undefined {
  const [major = 0, minor = 0] = (process.versions['undici'] ?? '').split('.').map(Number)
  if (!(minor >= (SAFE_SINCE[major] ?? Number.POSITIVE_INFINITY))) return undefined
  try {
    // Node makes its dispatcher when one of the classes of `fetch` is looked at.
    if (typeof globalThis.Headers !== 'function') return undefined
    const found: unknown = Reflect.get(globalThis, GLOBAL_DISPATCHER)
    const candidate: unknown = Reflect.getPrototypeOf(found as object)?.constructor
    return isBuiltinAgent(candidate) ? candidate : undefined
  } catch {
    return undefined
  }
}

function isBuiltinAgent(candidate: unknown): candidate is AgentClass {
  // A class that a user made from it is not called, not even to be refused.
  if (typeof candidate !== 'function' || candidate.name !== 'Agent') return false
  if ((Reflect.getPrototypeOf(candidate) as { name?: unknown } | null)?.name !== 'DispatcherBase') return false
  try {
    Reflect.construct(candidate, [{ factory: null }])
    return false
  } catch (refusal) {
    return refusal instanceof Error && OWN_FRAME.test(String(refusal.stack))
  }
}
