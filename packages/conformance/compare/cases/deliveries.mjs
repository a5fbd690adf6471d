// A POST that executes: how often one call arrives, counted at the server.
import { equal } from '../../dist/assert.js'
import { fail, failureOf, group, settle, sleep } from '../context.mjs'

const POST = '/v2/orders'
const ORDER = { quote: 'q1', amount: '5000000' }

/** What the server does after it has read the whole request. */
const FAULTS = {
  fin: ['closes without an answer', { silent: true, end: 'close' }],
  rst: ['resets without an answer', { silent: true, end: 'reset' }],
  408: ['answers 408 and closes', fail(408, { headers: { connection: 'close' }, end: 'close' })],
  421: ['answers 421', fail(421)],
  401: ['asks for a Basic login', fail(401, { headers: { 'www-authenticate': 'Basic realm="x"' } })],
  half: ['closes in the middle of a 200', { body: '[1,2,3,4,5,6,7,8,9]', cutAt: 8, end: 'close' }],
}

const ANSWERS = {
  ...Object.fromEntries([425, 429, 500, 502, 503, 504].map((status) => [status, [`answers ${status}`, fail(status)]])),
  stall: ['says nothing until the time limit', { stall: 'head' }],
  'stall-body': ['stops in the middle of a 200 until the time limit', { body: '[1', length: 99, stall: 'body' }],
}

/** With the client's own switch against retries, where it has one. */
export const executions = group('execute', [
  ...Object.entries(FAULTS).flatMap(([fault, [what, step]]) =>
    ['first', 'reused'].map((place) => ({
      id: `P1-${fault}-${place}`,
      title: `the server ${what}, ${place} request of its connection: a POST with retries off fails after one delivery`,
      run: (context) => arrivesOnce(context, step, place === 'reused'),
    })),
  ),
  ...Object.entries(ANSWERS).map(([fault, [what, step]]) => ({
    id: `P2-${fault}`,
    title: `the server ${what}: a POST with retries off fails after one delivery`,
    run: (context) => arrivesOnce(context, step, false, 1_500),
  })),
  // RFC 9110, 9.2.2: a client does not send again by itself what it cannot know to be idempotent.
  ...Object.entries({ ...FAULTS, ...ANSWERS })
    .filter(([fault]) => !['401', '425', 'half', 'stall-body'].includes(fault))
    .map(([fault, [what, step]]) => ({
      id: `P3-${fault}`,
      title: `the server ${what}: a POST as the client sends it by default is one delivery`,
      async run({ server, open }) {
        const { url, log } = await server({ steps: [step] })
        await settle(() => open({ baseURL: url, timeout: 1_500 }).post(POST, ORDER))
        equal((await log()).deliveries.length, 1, 'deliveries')
      },
    })),
])

async function arrivesOnce({ server, open }, step, isReused, timeout) {
  const { url, log } = await server({ steps: isReused ? [{}, step] : [step] })
  const subject = open({ baseURL: url, ...(timeout && { timeout }) })
  if (isReused) {
    await subject.get('/v2/things')
    // undici gives a connection back to its pool in the next turn of the event loop.
    await sleep(20)
  }
  await failureOf(() => subject.post(POST, ORDER, { once: true }))
  equal((await log()).deliveries.length, isReused ? 2 : 1, `deliveries${isReused ? ' with the GET before' : ''}`)
}
