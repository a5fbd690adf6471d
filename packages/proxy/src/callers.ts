import { ConfigurationError } from '@ob/core'
import ipaddr from 'ipaddr.js'
import type { ProxyAnswer, ProxyRequest } from './exchange.ts'
import type { LogEntry, ProxyOptions } from './options.ts'
import { problem } from './problem.ts'

/** Who calls, or the answer that refuses them. A `Response` is the user's own, sent as it is. */
export type Identified = { readonly id: string } | { readonly refused: ProxyAnswer | Response }

/** The longest that `authorize` may take, ms. */
const AUTHORIZE_TIMEOUT = 5_000

/**
 * Makes what tells callers apart.
 *
 * @throws {ConfigurationError} when nobody would be asked who they are, and nobody said that this is meant
 */
export function createCallers(
  { authorize, anonymous, clientAddress }: Pick<ProxyOptions, 'authorize' | 'anonymous' | 'clientAddress'>,
  {
    timeout,
    setTimer,
    log,
  }: {
    readonly timeout: number
    readonly setTimer: (ms: number, fn: () => void) => () => void
    readonly log: (entry: LogEntry) => void
  },
): (request: ProxyRequest) => Identified | Promise<Identified> {
  if (authorize !== undefined && typeof authorize !== 'function')
    throw new ConfigurationError({ message: 'authorize: must be a function' })
  if (!authorize && anonymous !== true)
    throw new ConfigurationError({
      message: 'authorize: is missing, so everybody on the internet could use your key',
      hint: 'Give authorize, which tells who calls; or set anonymous: true if everybody may.',
    })
  if (authorize && anonymous === true)
    throw new ConfigurationError({ message: 'anonymous: must not be true beside authorize, which would not be asked' })

  const failed = (message: string): Identified => {
    log({ level: 'error', event: 'authorize_failed', message })
    return refuse(problem(503, 'authorization_unavailable', 'The proxy cannot tell who calls just now.'))
  }
  const read = (answer: unknown): Identified => {
    if (answer === null || answer === undefined || answer === false)
      return refuse(problem(401, 'unauthorized', 'Sign in first: this site does not know who calls.'))
    if (answer instanceof Response)
      return answer.bodyUsed ? failed('authorize must return a new Response each time') : { refused: answer }
    const id = (answer as { id?: unknown }).id
    if (typeof id !== 'string' || id === '' || id.length > 256)
      return failed('authorize must return { id } with a string of 1 to 256 characters, null, or a Response')
    return { id: `user:${id}` }
  }
  if (authorize) {
    return (request) => {
      try {
        const answer = authorize(request.toRequest())
        if (!isPromise(answer)) return read(answer)
        return new Promise((resolve) => {
          const cancel = setTimer(Math.min(timeout, AUTHORIZE_TIMEOUT), () =>
            resolve(failed('authorize did not answer in time')),
          )
          Promise.resolve(answer)
            .then(read)
            .catch((error: unknown) => failed(`authorize failed: ${nameOf(error)}`))
            .then((identified) => {
              cancel()
              resolve(identified)
            })
        })
      } catch (error) {
        return failed(`authorize failed: ${nameOf(error)}`)
      }
    }
  }
  return (request) => {
    const { remoteAddress } = request
    let address: string | undefined
    try {
      address = clientAddress ? clientAddress(request.toRequest(), { remoteAddress }) : remoteAddress
    } catch (error) {
      return failed(`clientAddress failed: ${nameOf(error)}`)
    }
    const id = address === undefined ? undefined : networkOf(address)
    return id ? { id: `address:${id}` } : failed('the address of an anonymous caller is not known: set clientAddress')
  }
}

/** An address as callers are counted by: IPv4 whole, IPv6 by its /64, which is what one customer gets (RFC 6177). */
export function networkOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const { parts } = parsed as ipaddr.IPv6
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}

function refuse(refused: ProxyAnswer): Identified {
  return { refused }
}

/** A promise of another realm or library is no `Promise` of this one. */
function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'
}

/** A thrown message could hold a token. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
