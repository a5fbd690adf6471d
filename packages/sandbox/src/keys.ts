import { createHash } from 'node:crypto'
import type { AnyEndpoint } from '@ob/core'
import { PUBLIC_TESTING_KEY } from '@ob/core/onebalance'
import type { Clock } from './clock.ts'
import { Problem } from './problem.ts'

/** What a key may do: `read` is everything that moves nothing, `execute` moves value. */
export type Scope = 'read' | 'execute'

/** A key that the sandbox knows. */
export interface SandboxKey {
  readonly key: string
  /** @default both */
  readonly scopes?: readonly Scope[] | undefined
  /** Epoch ms on the sandbox's clock. @default never */
  readonly expiresAt?: number | undefined
}

/** How many requests a key may make. */
export interface KeyLimits {
  readonly perMinute: number
  readonly concurrent: number
}

/** A key as it is known, with its limits. */
export interface KnownKey {
  readonly fingerprint: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: number
  readonly limits: KeyLimits
}

/** The keys of one sandbox. */
export interface KeyStore {
  /** The key of a request. @throws {Problem} 401 */
  authenticate(key: string | undefined): KnownKey
  revoke(key: string): void
}

/** As documented for the public testing key. */
const PUBLIC_LIMITS: KeyLimits = { perMinute: 60, concurrent: 1 }

export function createKeyStore(keys: readonly SandboxKey[], limits: KeyLimits, clock: Clock): KeyStore {
  const known = new Map<string, KnownKey>()
  const add = (
    { key, scopes = ['read', 'execute'], expiresAt = Number.POSITIVE_INFINITY }: SandboxKey,
    of: KeyLimits,
  ): void => {
    known.set(key, { fingerprint: fingerprint(key), scopes, expiresAt, limits: of })
  }
  add({ key: PUBLIC_TESTING_KEY }, PUBLIC_LIMITS)
  for (const key of keys) add(key, limits)
  return {
    authenticate(key) {
      const found = key === undefined ? undefined : known.get(key)
      if (!found || found.expiresAt <= clock.now())
        throw new Problem(401, 'UnauthorizedException', 'Invalid or missing API key')
      return found
    },
    revoke: (key) => void known.delete(key),
  }
}

/** @throws {Problem} 403 */
export function checkScope(key: KnownKey, endpoint: AnyEndpoint): void {
  const needed: Scope = endpoint.retry === 'once' ? 'execute' : 'read'
  if (!key.scopes.includes(needed))
    throw new Problem(403, 'ForbiddenException', `The API key has no permission for this endpoint (${needed})`)
}

/** Enough of a hash to tell keys apart in a log. */
export function fingerprint(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8)
}
