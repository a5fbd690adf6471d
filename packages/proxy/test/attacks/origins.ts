// Pages of other sites, and names that lead here.
import { type Attack, get, getSite, PARTNER, post, SITE } from './attack.ts'

/** Origins that are not the site's, however alike they look. */
const FOREIGN = [
  'https://evil.example',
  'https://app.example.evil.example',
  'https://evil-app.example',
  'http://app.example',
  'https://app.example:8443',
  'https://app.example:443',
  'https://APP.EXAMPLE',
  'HTTPS://app.example',
  'https://app.example.',
  'https://app.example/',
  'https://user@app.example',
  'https://app.example@evil.example',
  'https://sub.app.example',
  'https://app.example, https://evil.example',
  'https://partner.example.evil.example',
  'http://partner.example',
  'null',
  'file://',
  '*',
  '',
  ' ',
]

const origins: readonly Attack[] = FOREIGN.map((origin) => ({
  name: `Origin ${JSON.stringify(origin)}`,
  target: 'site',
  bytes: getSite({ origin }),
  status: [403],
  code: 'foreign_origin',
  headers: { 'access-control-allow-origin': undefined },
}))

const duplicate: readonly Attack[] = [
  [SITE, 'https://evil.example'],
  ['https://evil.example', SITE],
].map((origin) => ({
  name: `two Origins, ${origin.join(' first, then ')}`,
  target: 'site',
  bytes: getSite({ origin }),
  status: [403],
  code: 'foreign_origin',
}))

/**
 * Go's table (net/http `CrossOriginProtection`), with reads checked as well, since their answers are private; and a page's own origin
 * does not help a request that the browser calls foreign.
 */
const TABLE: readonly (readonly [site: string | undefined, origin: string | undefined, isAllowed: boolean])[] = [
  ['same-origin', undefined, true],
  ['none', undefined, true],
  ['same-site', undefined, false],
  ['cross-site', undefined, false],
  ['nonsense', undefined, false],
  ['', undefined, false],
  [undefined, undefined, true],
  ['same-origin', SITE, true],
  ['none', SITE, true],
  ['same-site', SITE, false],
  ['cross-site', SITE, false],
  [undefined, SITE, true],
  ['same-origin', 'https://evil.example', false],
  ['none', 'https://evil.example', false],
  [undefined, 'https://evil.example', false],
  [undefined, 'null', false],
  ['cross-site', PARTNER, true],
  ['same-site', PARTNER, true],
  [undefined, PARTNER, true],
]

const table: readonly Attack[] = TABLE.flatMap(([site, origin, isAllowed]) =>
  (['GET', 'POST'] as const).map((method) => {
    const headers = { host: 'app.example', origin, 'sec-fetch-site': site }
    return {
      name: `${method} with Sec-Fetch-Site ${site ?? 'missing'} and Origin ${origin ?? 'missing'}`,
      target: 'site',
      bytes: method === 'GET' ? getSite(headers) : post(headers),
      status: [isAllowed ? 200 : 403],
      code: isAllowed ? undefined : 'foreign_origin',
      upstream: isAllowed ? 1 : 0,
      headers: { 'access-control-allow-origin': origin === PARTNER ? PARTNER : undefined },
    }
  }),
)

const simple: readonly Attack[] = [
  {
    name: 'a form of the site itself, urlencoded',
    bytes: post({ 'x-ob-client': undefined, 'content-type': 'application/x-www-form-urlencoded' }),
    status: [403],
    code: 'client_header_missing',
  },
  {
    name: 'a form with JSON in it, as text/plain',
    target: 'site',
    bytes: post({ host: 'app.example', origin: 'https://evil.example', 'content-type': 'text/plain' }),
    status: [403],
    code: 'foreign_origin',
  },
  {
    name: 'a simple request without x-ob-client',
    bytes: get('/onebalance/api/assets/list', { 'x-ob-client': undefined, 'sec-fetch-site': 'same-origin' }),
    status: [403],
    code: 'client_header_missing',
  },
  {
    name: 'an empty x-ob-client',
    bytes: get('/onebalance/api/assets/list', { 'x-ob-client': '' }),
    status: [403],
    code: 'client_header_missing',
  },
  {
    name: 'a navigation',
    bytes: get('/onebalance/api/assets/list', {
      'x-ob-client': undefined,
      'sec-fetch-site': 'none',
      'sec-fetch-mode': 'navigate',
    }),
    status: [403],
    code: 'client_header_missing',
  },
]

function preflight(headers: Readonly<Record<string, string | undefined>>): string {
  return getSite({
    origin: PARTNER,
    'access-control-request-method': 'POST',
    'x-ob-client': undefined,
    ...headers,
  }).replace('GET', 'OPTIONS')
}

const preflights: readonly Attack[] = [
  {
    name: 'preflight of a listed origin',
    target: 'site',
    bytes: preflight({ 'access-control-request-headers': 'content-type,x-ob-call,x-ob-client' }),
    status: [204],
    headers: { 'access-control-allow-origin': PARTNER, vary: 'Origin', 'access-control-allow-credentials': 'true' },
  },
  {
    name: 'preflight of an unlisted origin',
    target: 'site',
    bytes: preflight({ origin: 'https://evil.example' }),
    status: [403],
    code: 'foreign_origin',
    headers: { 'access-control-allow-origin': undefined },
  },
  {
    name: 'preflight of the null origin',
    target: 'site',
    bytes: preflight({ origin: 'null' }),
    status: [403],
    headers: { 'access-control-allow-origin': undefined },
  },
  {
    name: 'preflight for x-api-key and authorization: they are not allowed',
    target: 'site',
    bytes: preflight({ 'access-control-request-headers': 'x-api-key,authorization' }),
    status: [204],
    headers: {
      'access-control-allow-origin': PARTNER,
      'access-control-allow-headers': 'accept, accept-language, content-type, traceparent, x-ob-call, x-ob-client',
    },
  },
  {
    name: 'preflight for DELETE: it is not allowed',
    target: 'site',
    bytes: preflight({ 'access-control-request-method': 'DELETE' }),
    status: [204],
    headers: { 'access-control-allow-methods': 'GET, POST' },
  },
  {
    name: 'preflight with 100 kB of header names',
    target: 'site',
    bytes: preflight({ 'access-control-request-headers': 'x-a,'.repeat(25_000) }),
    status: [431],
    code: 'headers_too_large',
    fetch: { why: 'node:http refuses so large a head', isAnsweredByPlatform: true },
  },
  {
    name: 'preflight with 15 kB of header names',
    target: 'site',
    bytes: preflight({ 'access-control-request-headers': 'x-a,'.repeat(3_750) }),
    status: [204],
  },
  {
    name: 'preflight to a path that is not on the list',
    target: 'site',
    bytes: preflight({}).replace('/api/assets/list', '/api/admin'),
    status: [404],
    code: 'not_found',
  },
  {
    name: 'OPTIONS that is no preflight',
    target: 'site',
    bytes: preflight({ 'access-control-request-method': undefined }),
    status: [405],
    headers: { allow: 'GET' },
  },
  {
    name: 'preflight with a Host that is not the site',
    target: 'site',
    bytes: preflight({ host: 'evil.example' }),
    status: [421],
    headers: { 'access-control-allow-origin': undefined },
  },
]

/** Names that lead to this machine without being its. */
const REBOUND = [
  'evil.example',
  'evil.example:80',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io',
  'localhost.',
  'localhost:80.evil.example',
  '0.0.0.0',
  '[::]',
  '[::ffff:127.0.0.1]',
]

const hosts: readonly Attack[] = [
  ...REBOUND.map((host) => ({
    name: `DNS rebinding: Host ${host}`,
    bytes: get('/onebalance/api/assets/list', { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }),
    status: [421],
    code: 'misdirected_request',
    ...(host === 'localhost:80.evil.example' && {
      fetch: { why: 'no URL has such a host', isAnsweredByPlatform: true as const },
    }),
  })),
  ...['evil.example', 'app.example.', 'app.example:8443', 'app.example:0', 'localhost', '{host}'].map(
    (host): Attack => ({
      name: `Host ${host} of a site with publicOrigin`,
      target: 'site',
      bytes: get('/onebalance/api/assets/list', { host }),
      status: [421],
      code: 'misdirected_request',
    }),
  ),
  ...[
    'user@app.example',
    'app.example/',
    'app.example?',
    'app.example#',
    'app.exa mple',
    'app.example, evil.example',
    '',
  ].map(
    (host): Attack => ({
      name: `Host ${JSON.stringify(host)}, which is none`,
      target: 'site',
      bytes: get('/onebalance/api/assets/list', { host }),
      status: [421],
      code: 'misdirected_request',
      fetch: {
        why: 'a URL is made of it before',
        status: [200, 400, 404, 421],
        isAnsweredByPlatform: true,
        upstream: 1,
      },
    }),
  ),
  {
    name: 'no Host',
    bytes: get('/onebalance/api/assets/list', { host: undefined }),
    status: [400],
    code: 'malformed_request',
    fetch: BY_PLATFORM(),
  },
  {
    name: 'no Host in HTTP/1.0',
    bytes: get('/onebalance/api/assets/list', { host: undefined }).replace('HTTP/1.1', 'HTTP/1.0'),
    status: [400],
    code: 'malformed_request',
    fetch: BY_PLATFORM(),
  },
  {
    name: 'two Hosts',
    bytes: get('/onebalance/api/assets/list', { host: ['{host}', 'evil.example'] }),
    status: [400],
    code: 'malformed_request',
    fetch: { why: 'node:http keeps the first', status: [200], upstream: 1 },
  },
  {
    name: 'two Hosts, the other one first',
    bytes: get('/onebalance/api/assets/list', { host: ['evil.example', '{host}'] }),
    status: [400],
    code: 'malformed_request',
    fetch: { why: 'node:http keeps the first', status: [421], code: 'misdirected_request' },
  },
]

function BY_PLATFORM() {
  return { why: 'a Request has a host', isAnsweredByPlatform: true } as const
}

/** Attacks by pages and names. */
export const originAttacks: readonly Attack[] = [...origins, ...duplicate, ...table, ...simple, ...preflights, ...hosts]
