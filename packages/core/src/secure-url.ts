import { InsecureUrlError } from './errors/classes.ts'

/** A base URL that passed the check: `origin` without a trailing slash, `prefix` empty or `/a/b`. */
export interface SecureBase {
  readonly origin: string
  readonly prefix: string
}

/**
 * The HTTPS check of a base URL. The authority must be written exactly as it is parsed, so that nothing that a person or another
 * parser reads differently gets past: no user info, no encoded or unicode hosts, no octal, hex or shortened addresses.
 *
 * @throws {InsecureUrlError} that says what is wrong; it never prints the URL, which may hold a password
 */
export function checkBaseURL(value: unknown, allowInsecureLoopback: boolean): SecureBase {
  const raw = readURL(value)
  if (raw.trim() !== raw) refuse('has white space at an end', 'Remove it.')
  if (!URL_CHARACTERS.test(raw)) refuse('holds a character that a URL cannot', `Write it like ${EXAMPLE}.`)
  const match = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(raw)
  if (!match) {
    if (/^https?:/i.test(raw)) refuse('has no "//" after its scheme', `Write it like ${EXAMPLE}.`)
    if (/^[a-z][a-z0-9+.-]*:(?!\d)/i.test(raw)) refuse('has another scheme than https:', `Write it like ${EXAMPLE}.`)
    refuse('has no scheme', 'Add "https://" in front.')
  }
  const [, scheme = '', authority = '', rest = ''] = match
  if (authority.includes('@')) refuse('holds user info', 'Remove it, up to the "@"; the key goes into apiKey.')
  if (/[?#]/.test(rest)) refuse('has a query or a fragment', 'Remove it.')
  const parsed = parseURL(raw)
  const isHttps = scheme.toLowerCase() === 'https'
  const written = authority.toLowerCase().replace(isHttps ? /:443$/ : /:80$/, '')
  if (!parsed || written === '' || written !== parsed.host)
    refuse('has a host that is not written as it is read', 'Write the host name or address in its plain form.')
  if (parsed.hostname.endsWith('.')) refuse('has a host that ends in a dot', 'Remove the dot.')
  if (parsed.port === '0') refuse('has port 0', 'Name the real port.')
  if (parsed.hostname.startsWith('[::ffff:')) refuse('has an IPv4 address mapped into IPv6', 'Write the IPv4 address.')
  if (!isHttps) {
    if (!isLoopback(parsed.hostname)) refuse('is not https', 'An API with a key needs https://.')
    if (!allowInsecureLoopback) refuse('is not https', 'For a server on this machine, set allowInsecureLoopback: true.')
  }
  const prefix = rest.replace(/\/$/, '')
  // With its slash at the end, since one more there would be an empty segment.
  if (rest !== '') checkPath(rest, 'baseURL: the path prefix')
  return Object.freeze({ origin: parsed.origin, prefix })
}

/**
 * The check of a path that is appended to the base.
 *
 * @throws {InsecureUrlError} when another URL than the one that is written could come out of it
 */
export function checkPath(path: string, what = 'path'): void {
  // Nearly every path, and one look at it says so.
  if (typeof path === 'string' && PLAIN_PATH.test(path)) return
  if (typeof path !== 'string' || !path.startsWith('/'))
    refusePath(what, 'must start with "/"; the host comes from baseURL')
  if (path.includes('//')) refusePath(what, 'must not hold "//"')
  if (!URL_CHARACTERS.test(path)) refusePath(what, 'holds a character that must be encoded with encodeURIComponent')
  if (/[?#]/.test(path)) refusePath(what, 'must not hold "?" or "#"; give the query as `query`')
  if (/%(?![\da-f]{2})/i.test(path)) refusePath(what, 'holds a "%" that encodes nothing')
  if (/%(?:2f|5c|[01][\da-f]|7f|25)/i.test(path))
    refusePath(what, 'must not hold an encoded slash, backslash, percent sign or control character')
  if (path.split('/').some((segment) => /^\.{1,2}(?:;|$)/.test(segment.replace(/%2e/gi, '.'))))
    refusePath(what, 'must not hold "." or ".." segments')
}

/**
 * The last check before an attempt: the URL is read as it is written, and goes to the base's origin.
 *
 * @throws {InsecureUrlError}
 */
export function checkFinalURL(url: string, base: SecureBase): void {
  const good = lastGood.get(base)
  if (good !== undefined && url.startsWith(good) && PLAIN_QUERY.test(url.slice(good.length))) return
  const parsed = parseURL(url)
  if (
    !parsed ||
    parsed.origin !== base.origin ||
    parsed.href !== url ||
    parsed.username !== '' ||
    parsed.password !== ''
  )
    refusePath('path', 'would lead to another place than the base URL')
  lastGood.set(base, url.split('?', 1)[0] as string)
}

/** What passed last, without its query; most clients ask for the same again and again, and its reading costs more than its text. */
const lastGood = new WeakMap<SecureBase, string>()

/** Whether a host name, as parsed, is this machine: `localhost`, `127.0.0.0/8`, `[::1]`. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

const EXAMPLE = 'https://be.onebalance.io'
/** Segments of characters that mean the same everywhere, and none of them begins with a dot. */
const PLAIN_PATH = /^(?:\/[\w~-][\w.~:-]*)+$/
/** A query as `URLSearchParams` writes it, or none: it is read as it is written, and leads nowhere else. */
const PLAIN_QUERY = /^(?:\?[\w.*+%&=-]*)?$/
/** Printable ASCII that a URL may hold as it is (RFC 3986, section 2), so without space, quotes, `<>`, `\`, `^`, `{|}` and backtick. */
const URL_CHARACTERS = /^[!#-;=?-[\]_a-z~]*$/i

function readURL(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  if (Object.prototype.toString.call(value) === '[object URL]') return String((value as URL).href)
  return refuse('must be a URL', `Write it like ${EXAMPLE}.`)
}

function parseURL(raw: string): URL | undefined {
  try {
    return new URL(raw)
  } catch {
    return undefined
  }
}

function refuse(problem: string, hint: string): never {
  throw new InsecureUrlError({ message: `baseURL ${problem}. ${hint}`, hint })
}

function refusePath(what: string, problem: string): never {
  throw new InsecureUrlError({
    message: `${what} ${problem}`,
    hint: 'Give the path as the API documents it.',
  })
}
