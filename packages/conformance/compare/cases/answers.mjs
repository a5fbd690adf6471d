// Answers: read whole and right, or refused; and errors that say what the API said.
import { inspect } from 'node:util'
import { equal, ok } from '../../dist/assert.js'
import { fail, failureOf, group } from '../context.mjs'

const GET = '/v2/things'
const TEXT = 'žluťoučký 🐎 \u2028 漢字'
/** Keys in an order that is not the alphabet's, names that some parsers drop, numbers as text. */
const EXACT = '{"z":1,"constructor":{"prototype":{"a":1}},"amount":"12345678901234567890","a":[null,true,"1e3"," 1 "]}'

/** A chunk, and no end. */
const UNFINISHED = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1]\r\n'
/** Four times the limit that is set. */
const LARGE = JSON.stringify({ text: 'x'.repeat(4_000_000) })

export const answers = group('answer', [
  ...['gzip', 'br'].map((encoding) => ({
    id: `B11-${encoding}`,
    title: `${encoding} is decoded`,
    needs: ['compression'],
    run: (context) => reads(context, { body: JSON.stringify({ text: TEXT }), encodings: [encoding] }, { text: TEXT }),
  })),
  {
    id: 'B11-chunked',
    title: 'an answer in chunks is read',
    run: (context) => reads(context, { body: '{"a":1}', framing: 'chunked' }, { a: 1 }),
  },
  {
    id: 'B13',
    title: 'unicode is read unharmed, split anywhere',
    run: (context) => reads(context, { body: JSON.stringify({ text: TEXT }), drip: 0 }, { text: TEXT }),
  },
  {
    id: 'B13b',
    title: 'unicode is sent unharmed, as JSON',
    async run({ server, open }) {
      const { url, log } = await server()
      await open({ baseURL: url }).post('/v2/orders', { text: TEXT }, { once: true })
      equal(JSON.parse((await log()).deliveries[0]?.body ?? ''), { text: TEXT }, 'request')
    },
  },
  {
    id: 'B15',
    title: 'what is handed out is what JSON.parse gives: key order, every key, numbers in text',
    run: (context) => reads(context, { body: EXACT }, JSON.parse(EXACT)),
  },
  ...[
    ['B1', 'HTML', { body: '<html>Welcome</html>', headers: { 'content-type': 'text/html' } }],
    ['B1b', 'HTML that says it is JSON', { body: '<html>Welcome</html>' }],
    ['B5', 'JSON that ends too early', { body: '[1,2' }],
    ['B6', 'a body shorter than its content-length', { body: '[1,2,3]', length: 100, end: 'close' }],
    ['B6b', 'chunks without the last one', { raw: UNFINISHED, end: 'close' }],
  ].map(([id, what, step]) => ({
    id,
    title: `a 200 with ${what} is an error`,
    async run({ server, open }) {
      const { url } = await server({ steps: [step] })
      await failureOf(() => open({ baseURL: url }).get(GET))
    },
  })),
  {
    id: 'E1',
    title: 'the error of a 404 shows the status when it is printed',
    async run({ server, open }) {
      const { url } = await server({ steps: [fail(404)] })
      ok(inspect(await failureOf(() => open({ baseURL: url }).get(GET))).includes('404'), 'it does not')
    },
  },
  {
    id: 'E2',
    title: 'the error of a 400 shows what the API said when it is printed',
    async run({ server, open }) {
      const { url } = await server({ steps: [fail(400)] })
      const text = inspect(await failureOf(() => open({ baseURL: url }).get(GET)))
      ok(text.includes('said by the API'), 'it does not')
    },
  },
  {
    id: 'E3',
    title: 'an error answer of 1 MB does not fill the log: less than 100 kB when it is printed',
    async run({ server, open }) {
      const message = 'x'.repeat(900_000)
      const { url } = await server({ steps: [{ status: 400, body: JSON.stringify({ error: { message }, message }) }] })
      const { length } = inspect(await failureOf(() => open({ baseURL: url }).get(GET)))
      ok(length < 100_000, `${length} characters`)
    },
  },
])

/** With a limit of 1 MB, where the client has one. */
export const sizes = group('size', [
  ...[
    ['S1', '4 MB', { body: LARGE }],
    ['S2', '4 MB in chunks', { body: LARGE, framing: 'chunked' }],
    ['S3', '4 MB that are 4 kB of gzip', { body: LARGE, encodings: ['gzip'] }],
    ['S4', '4 MB that are compressed twice', { body: LARGE, encodings: ['gzip', 'gzip'] }],
  ].map(([id, what, step]) => ({
    id,
    title: `an answer of ${what} is not read whole`,
    alone: true,
    async run({ server, open }) {
      const { url } = await server({ steps: [step] })
      await failureOf(() => open({ baseURL: url }).get(GET))
    },
  })),
])

async function reads({ server, open }, step, expected) {
  const { url } = await server({ steps: [step] })
  equal(await open({ baseURL: url }).get(GET), expected, 'data')
}
