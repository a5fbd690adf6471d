import { type AnyEndpoint, ConfigurationError, isEndpoint } from '@ob/core'
import { checkPath } from '@ob/core/engine'
import type { ProxyAnswer } from './exchange.ts'
import { problem } from './problem.ts'

/** A request that is on the list. */
export interface Match {
  readonly endpoint: AnyEndpoint
  /** The API's path: encoded parameters are in the one form that they have. */
  readonly path: string
  /** Encoded in one way, each name once; in the order in which it came. */
  readonly query: string
}

/** Longest path and query, characters. */
const MAX_TARGET = 8_192

/**
 * Makes the list of what may pass. Nothing is resolved or repaired: a target that could be read in two ways is refused.
 *
 * @throws {ConfigurationError} for a value that is no endpoint, or a prefix that is no path
 */
export function createPaths(allow: readonly AnyEndpoint[], prefix: string) {
  if (!/^(?:\/[\w.~-]+)*$/.test(prefix) || /\/\.{1,2}(?:\/|$)/.test(prefix))
    throw new ConfigurationError({
      message: 'prefix: must be empty or a path such as /onebalance, without a slash at its end',
    })
  const exact = new Map<string, Map<string, AnyEndpoint>>()
  const templates: { readonly pattern: RegExp; readonly endpoints: Map<string, AnyEndpoint> }[] = []
  for (const endpoint of allow) {
    if (!isEndpoint(endpoint))
      throw new ConfigurationError({ message: 'allow: must hold endpoints, such as listAssets, and nothing else' })
    const known = exact.get(endpoint.path) ?? new Map<string, AnyEndpoint>()
    known.set(endpoint.method, endpoint)
    if (!exact.has(endpoint.path) && endpoint.path.includes('{'))
      templates.push({ pattern: toPattern(endpoint.path), endpoints: known })
    exact.set(endpoint.path, known)
  }
  for (const path of [...exact.keys()]) if (path.includes('{')) exact.delete(path)

  /** The endpoints of a path; `malformed` where a part of it is written in another way than the one. */
  const find = (path: string): Map<string, AnyEndpoint> | 'malformed' | undefined => {
    const literal = exact.get(path)
    if (literal) return literal
    for (const { pattern, endpoints } of templates) {
      const parameters = pattern.exec(path)?.slice(1)
      if (parameters?.every(isCanonical)) return endpoints
    }
    return path.split('/').every(isCanonical) ? undefined : 'malformed'
  }

  /** The endpoint of a request, or the answer that refuses it. */
  return (method: string, target: string): Match | ProxyAnswer => {
    if (target.length > MAX_TARGET) return problem(414, 'uri_too_long', 'The path is too long.')
    const mark = target.indexOf('?')
    const whole = mark < 0 ? target : target.slice(0, mark)
    try {
      checkPath(whole)
    } catch {
      return problem(400, 'malformed_path', 'The path is not written in the one plain form that this proxy takes.')
    }
    if (!whole.startsWith(`${prefix}/`)) return notFound()
    const path = whole.slice(prefix.length)
    const endpoints = find(path)
    if (endpoints === 'malformed')
      return problem(400, 'malformed_path', 'The path holds a character that must be encoded, or must not be.')
    if (!endpoints) return notFound()
    const endpoint = endpoints.get(method)
    if (!endpoint)
      return problem(405, 'method_not_allowed', 'The endpoint has another method.', {
        allow: [...endpoints.keys()].join(', '),
      })
    const query = mark < 0 ? '' : toQuery(target.slice(mark + 1))
    if (query === undefined) return problem(400, 'malformed_query', 'The query cannot be read, or names a field twice.')
    return { endpoint, path, query }
  }
}

function notFound(): ProxyAnswer {
  return problem(404, 'not_found', 'This proxy passes nothing on to that path.')
}

function toPattern(template: string): RegExp {
  return new RegExp(
    `^${template
      .split(/\{\w+\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('([^/]+)')}$`,
  )
}

/** Of characters that are read in one way: the same comes out as from reading and writing it, sooner. */
const PLAIN_QUERY = /^[\w.*-]+=[\w.*:,-]*(?:&[\w.*-]+=[\w.*:,-]*)*$/

/** Whether a parameter is what encoding its text again gives, as the client does. */
function isCanonical(segment: string): boolean {
  if (/^[\w.~-]*$/.test(segment)) return true
  try {
    return encodeURIComponent(decodeURIComponent(segment)) === segment
  } catch {
    return false
  }
}

function toQuery(raw: string): string | undefined {
  if (PLAIN_QUERY.test(raw)) {
    const names = raw.split('&').map((pair) => pair.slice(0, pair.indexOf('=')))
    return names.every((name, at) => names.indexOf(name) === at)
      ? raw.replaceAll(':', '%3A').replaceAll(',', '%2C')
      : undefined
  }
  if (!/^[\x21-\x7e]*$/.test(raw) || /[#\\]|%(?![\da-f]{2})/i.test(raw)) return undefined
  const parameters = new URLSearchParams(raw)
  const names = [...parameters.keys()]
  // `a=1&a=2` is read as the first, the last or both, according to who reads it.
  if (new Set(names).size !== names.length) return undefined
  const text = parameters.toString()
  return /%(?:[01][\da-f]|7f)/i.test(text) || text.includes('%EF%BF%BD') ? undefined : text
}
