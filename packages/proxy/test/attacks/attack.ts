// What an attack is, as data.
import { type HeaderList, type RequestParts, write } from '../raw-http.ts'

/** The proxy that is attacked. `own`: by its own origin; `site`: with publicOrigin and one listed origin; `hasty`: little time, small bodies. */
export type Target = 'own' | 'site' | 'hasty'

/** What must come of an attack. */
export interface Outcome {
  /** Status of each answer, in order. An empty list: closed without one. */
  readonly status: readonly number[]
  /** `code` of the first answer. */
  readonly code?: string | undefined
  /** Requests that reach the API. @default 0 */
  readonly upstream?: number | undefined
  /** Headers that the first answer has; `undefined`: must not have. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
}

/** One attack and what must come of it. */
export interface Attack extends Outcome {
  readonly name: string
  /** What goes over the socket. */
  readonly bytes: string
  /** @default 'own' */
  readonly target?: Target | undefined
  /** Where the platform in front of the Fetch handler makes something else of it: what, and why. */
  readonly fetch?: (Partial<Outcome> & { readonly why: string; readonly isAnsweredByPlatform?: true }) | undefined
}

/** The site of the target `site`. */
export const SITE = 'https://app.example'
/** The other origin whose pages may call it. */
export const PARTNER = 'https://partner.example'

/** A read. */
export function get(target: string, headers: HeaderList = {}): string {
  return write({ target, headers })
}

/** A quote, as JSON unless told otherwise. */
export function post(headers: HeaderList = {}, parts: Partial<RequestParts> = {}): string {
  return write({ method: 'POST', target: '/onebalance/api/v3/quote', body: '{"a":1}', headers, ...parts })
}

/** A read of the target `site`. */
export function getSite(headers: HeaderList): string {
  return get('/onebalance/api/assets/list', { host: 'app.example', ...headers })
}

/** For what node:http refuses before anybody is asked. */
export const BY_PARSER = { why: 'the parser of node:http refuses it', isAnsweredByPlatform: true } as const
