// The key in what a program prints and keeps. Two questions for each error: is it in what is printed, and can it be reached at all.
import { inspect } from 'node:util'
import { ok } from '../../dist/assert.js'
import { findLeak, textOf } from '../../dist/find-leak.js'
import { arrival, fail, failureOf, group, settle } from '../context.mjs'

const GET = '/v2/things'

/** Where a key can be seen. */
const SINKS = {
  printed: [
    (value) => String(value),
    (value) => value?.stack,
    (value) => JSON.stringify(value),
    (value) => inspect(value),
  ],
  // Walking calls getters of the platform, some of which leave a rejection behind: so it comes last.
  walked: [
    textOf,
    (value) => textOf(structuredClone(value)),
    (value) => inspect(value, { depth: null, showHidden: true, getters: true }),
  ],
}

/** One way into each kind of error. */
const ERRORS = [
  ['401', { steps: [fail(401)] }],
  ['404', { steps: [fail(404)] }],
  ['422 of a POST', { steps: [fail(422)] }, (subject) => subject.post('/v2/orders', { a: 1 }, { once: true })],
  ['500 of a POST', { steps: [fail(500)] }, (subject) => subject.post('/v2/orders', { a: 1 }, { once: true })],
  ['a connection that is reset', { steps: [{ silent: true, end: 'reset' }] }],
  ['a port that is closed', { kind: 'closed' }],
  ['a certificate of a stranger', { certificate: 'stranger' }],
  ['a time limit', { steps: [{ stall: 'head' }] }],
  ['an answer that is not JSON', { steps: [{ body: '<html></html>' }] }],
]

export const leaks = group('leak', [
  ...ERRORS.flatMap(([what, options, act = (subject) => subject.get(GET)], index) =>
    Object.entries(SINKS).map(([sink, shows]) => ({
      id: `L2-${sink}-${index}`,
      ...(sink === 'walked' && { last: true }),
      title: `${what}: the key is not in the error as ${sink === 'printed' ? 'it is printed (console, JSON, stack)' : 'a log collector walks it (every property, clone)'}`,
      async run({ key, server, open }) {
        const { url } = await server(options)
        check(await failureOf(() => act(open({ baseURL: url, timeout: 600 }))), shows, key)
      },
    })),
  ),
  ...Object.entries(SINKS).map(([sink, shows]) => ({
    id: `L2-${sink}-abort`,
    ...(sink === 'walked' && { last: true }),
    title: `an abort: the key is not in the error as ${sink === 'printed' ? 'it is printed' : 'a log collector walks it'}`,
    needs: ['abort'],
    async run({ key, server, open }) {
      const { url, log } = await server({ steps: [{ stall: 'head' }] })
      const controller = new AbortController()
      const call = failureOf(() => open({ baseURL: url, timeout: 60_000 }).get(GET, { signal: controller.signal }))
      await arrival(log)
      controller.abort()
      check(await call, shows, key)
    },
  })),
  {
    id: 'L4',
    title: 'a key with a line break inside is not in the error that it makes',
    async run({ key, server, open }) {
      const { url } = await server()
      const { error } = await settle(() => open({ baseURL: url, apiKey: `${key}\r\nx-evil: 1` }).get(GET))
      check(error, SINKS.printed, key)
    },
  },
  {
    id: 'L5',
    title: 'an API that gives the key back in its error: the key is not in the error as it is printed',
    async run({ key, server, open }) {
      const message = `no such key: ${key}`
      const { url } = await server({ steps: [{ status: 401, body: JSON.stringify({ error: { message }, message }) }] })
      check(await failureOf(() => open({ baseURL: url }).get(GET)), SINKS.printed, key)
    },
  },
  {
    id: 'L1',
    title: 'the client itself does not show the key when it is printed',
    needs: ['object'],
    async run({ key, server, open }) {
      const { url } = await server()
      const subject = open({ baseURL: url })
      await subject.get(GET)
      check(subject.client, SINKS.printed, key)
    },
  },
  {
    id: 'L3',
    title: 'a program that dies of a 401 does not print the key',
    async run({ key, server, control, setup }) {
      const { url } = await server({ steps: [fail(401)] })
      const { code, output } = await control.program('call', {
        PROGRAM_CLIENT: setup.clientFile,
        PROGRAM_URL: url,
        PROGRAM_KEY: key,
      })
      ok(code !== 0, 'the program did not die')
      ok(findLeak(output, key) === undefined, 'it prints the key')
    },
  },
])

function check(value, shows, key) {
  for (const show of shows) {
    const form = findLeak(
      attempt(() => String(show(value))),
      key,
    )
    ok(form === undefined, `it shows the key (${form})`)
  }
}

/** What cannot be shown shows what the refusal says. */
function attempt(show) {
  try {
    return show()
  } catch (error) {
    return String(error)
  }
}
