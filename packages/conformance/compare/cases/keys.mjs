// The key: on the wire once and right, or not at all; and to nobody but the API, over TLS.
import { equal, ok } from '../../dist/assert.js'
import { headerValues } from '../../dist/server.js'
import { failureOf, group, settle } from '../context.mjs'

const GET = '/v2/things'
const POST = '/v2/orders'

/** How often a text stands in everything that a server was sent. */
const count = (log, text) => JSON.stringify(log.deliveries).split(text).length - 1

export const keys = group('key', [
  {
    id: 'K1',
    title: 'a GET carries the key once, spelled right, and no other credential',
    run: (context) => sendsKeyOnce(context, (subject) => subject.get(GET)),
  },
  {
    id: 'K2',
    title: 'a POST carries the key once, spelled right, and no other credential',
    run: (context) => sendsKeyOnce(context, (subject) => subject.post(POST, { a: 1 }, { once: true })),
  },
  {
    id: 'K3',
    title: 'without a key (`undefined`), the text "undefined" is not sent as one',
    async run({ server, open }) {
      const { url, log } = await server()
      await settle(() => open({ baseURL: url, apiKey: undefined }).get(GET))
      for (const delivery of (await log()).deliveries) equal(headerValues(delivery, 'x-api-key'), [], 'key on the wire')
    },
  },
  {
    id: 'K4',
    title: 'a key with a line break at its end is sent without it, or refused',
    async run({ key, server, open }) {
      const { url, log } = await server()
      const { error } = await settle(() => open({ baseURL: url, apiKey: `${key}\n` }).get(GET))
      const [delivery] = (await log()).deliveries
      if (error === undefined || delivery) equal(headerValues(delivery, 'x-api-key'), [key], 'key on the wire')
    },
  },
  {
    id: 'K5',
    title: 'a key with a line break inside does not become a header of its own',
    async run({ key, server, open }) {
      const { url, log } = await server()
      await settle(() => open({ baseURL: url, apiKey: `${key}\r\nx-evil: 1` }).get(GET))
      for (const delivery of (await log()).deliveries) equal(headerValues(delivery, 'x-evil'), [], 'x-evil')
    },
  },
])

export const targets = group('https', [
  {
    id: 'H1',
    title: 'a base URL of plain http: is refused before the key is sent',
    async run({ key, server, open }) {
      const { url, log } = await server({ kind: 'http' })
      await settle(() => open({ baseURL: url }).get(GET))
      equal(count(await log(), key), 0, 'keys in clear')
    },
  },
  ...[
    ['H2', 'an https: URL of another host', (other) => `${other.url.replace('localhost', '127.0.0.1')}/v2/x`, 'tls'],
    ['H3', 'an http: URL', (other) => `${other.url}/v2/x`, 'http'],
    ['H4', '`//` and another host', (other) => `//127.0.0.1:${other.port}/v2/x`, 'tls'],
    ['H5', '`/\\` and another host', (other) => `/\\127.0.0.1:${other.port}/v2/x`, 'tls'],
  ].map(([id, what, path, kind]) => ({
    id,
    title: `a path that is ${what} does not get the key`,
    async run({ key, server, open }) {
      const [{ url }, other] = [await server(), await server({ kind })]
      await settle(() => open({ baseURL: url }).get(path(other)))
      equal(count(await other.log(), key), 0, 'keys at the other host')
    },
  })),
  ...['expired', 'misnamed', 'selfSigned', 'stranger'].map((certificate) => ({
    id: `H6-${certificate}`,
    title: `a server with a bad certificate (${certificate}) gets nothing`,
    async run({ server, open }) {
      const { url, log } = await server({ certificate })
      await failureOf(() => open({ baseURL: url }).post(POST, { a: 1 }, { once: true }))
      equal((await log()).deliveries.length, 0, 'deliveries')
    },
  })),
])

export const redirects = group('redirect', [
  ...[301, 302, 303, 307, 308].map((status) => ({
    id: `D1-GET-${status}`,
    title: `${status} of a GET to another host does not carry the key there`,
    run: (context) => staysHome(context, status, 'tls', (subject) => subject.get(GET)),
  })),
  ...[302, 307, 308].map((status) => ({
    id: `D1-POST-${status}`,
    title: `${status} of a POST to another host does not carry the key there`,
    run: (context) => staysHome(context, status, 'tls', (subject) => subject.post(POST, { a: 1 }, { once: true })),
  })),
  {
    id: 'D3',
    title: '302 from https: to http: does not send the key in clear',
    run: (context) => staysHome(context, 302, 'http', (subject) => subject.get(GET)),
  },
])

async function sendsKeyOnce({ key, server, open }, act) {
  const { url, log } = await server()
  await act(open({ baseURL: url }))
  const { deliveries } = await log()
  equal(deliveries.length, 1, 'deliveries')
  equal(headerValues(deliveries[0], 'x-api-key'), [key], 'x-api-key')
  for (const name of ['authorization', 'cookie']) equal(headerValues(deliveries[0], name), [], name)
  equal(count({ deliveries }, key), 1, 'places that hold the key')
}

async function staysHome({ key, server, open }, status, kind, act) {
  const other = await server({ kind })
  const location = `${other.url.replace('localhost', '127.0.0.1')}/v2/x`
  const { url, log } = await server({ steps: [{ status, headers: { location } }] })
  await settle(() => act(open({ baseURL: url })))
  ok((await log()).deliveries.length > 0, 'nothing was sent at all')
  equal(count(await other.log(), key), 0, 'keys at the other host')
}
