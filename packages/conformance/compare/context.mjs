// What a case of the comparison is given, and how long it may take.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createControl } from '../dist/control.js'

/** No case takes longer, ms; a call that is not over by then hangs. */
const CASE_TIMEOUT = 20_000

/**
 * @typedef {object} Setup
 * @property {string} controlURL
 * @property {{ url: string, keys: { full: string } }} sandbox
 * @property {string} clientFile
 * @property {unknown[]} unhandled rejections and exceptions that reached nobody, so far
 *
 * @typedef {object} Context
 * @property {string} key a key of this case alone
 * @property {Setup} setup
 * @property {unknown[]} unhandled
 * @property {import('../dist/control.js').Control} control
 * @property {(options?: import('../dist/server.js').ServerOptions) => Promise<import('../dist/server.js').Server>} server
 * @property {(options: Partial<import('./clients/index.mjs').ClientOptions>) => import('./clients/index.mjs').Subject} open
 *
 * @typedef {object} NeutralCase
 * @property {string} id
 * @property {string} group
 * @property {string} title what must hold
 * @property {string[]} [needs] what a client must have for the case to apply
 * @property {true} [alone] runs when no other case does
 * @property {true} [last] runs after all others
 * @property {(context: Context) => unknown} run passes when it resolves
 */

/** Makes a list of cases of one group. */
export function group(name, cases) {
  return cases.map((one) => ({ ...one, group: name }))
}

/**
 * Runs one case on one client and takes down what it opened.
 *
 * @param {NeutralCase} one
 * @param {import('./clients/index.mjs').Client} client
 * @param {Setup} setup
 * @returns {Promise<{ id: string, status: 'passed' | 'failed' | 'none', note?: string }>} `none`: it does not apply
 */
export async function runNeutralCase(one, client, setup) {
  const missing = (one.needs ?? []).filter((need) => client.lacks.includes(need))
  if (missing.length > 0) return { id: one.id, status: 'none', note: `no ${missing.join(', ')}` }
  const { context, cleanUp } = createContext(client, setup)
  const timer = new AbortController()
  try {
    await Promise.race([
      one.run(context),
      sleep(CASE_TIMEOUT, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`it hangs: not over after ${CASE_TIMEOUT / 1_000} s`)
      }),
    ])
    return { id: one.id, status: 'passed' }
  } catch (error) {
    return { id: one.id, status: 'failed', note: String(error?.message ?? error).split('\n')[0] }
  } finally {
    timer.abort()
    await cleanUp()
  }
}

function createContext(client, setup) {
  const control = createControl(setup.controlURL)
  const key = randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x')
  const servers = []
  const subjects = []
  const context = {
    key,
    setup,
    unhandled: setup.unhandled,
    control,
    async server(options = {}) {
      const server = await control.open(options)
      servers.push(server)
      return server
    },
    open(options) {
      const subject = client.create({ apiKey: key, timeout: 5_000, maxResponseBytes: 1_000_000, ...options })
      subjects.push(subject)
      return subject
    },
  }
  return {
    context,
    async cleanUp() {
      // A server that goes first ends the calls that hang, which a client would wait for.
      await Promise.all(servers.map((server) => control.close(server)))
      await Promise.all(subjects.map((subject) => subject.close?.()))
    },
  }
}

/** What became of a call, whether its client throws or rejects: `{ value }` or `{ error }`. */
export async function settle(act) {
  try {
    return { value: await act() }
  } catch (error) {
    return { error }
  }
}

/** The error of a call that must fail. @throws when it does not */
export async function failureOf(act) {
  const result = await settle(act)
  if (!('error' in result))
    throw new Error(`it did not fail, but gave ${String(JSON.stringify(result.value)).slice(0, 60)}`)
  return result.error
}

/** An answer with this status whose body has an error in each of the common shapes. */
export function fail(status, more = {}) {
  const message = 'said by the API'
  return { status, body: JSON.stringify({ error: { type: 'api_error', message }, message, code: status }), ...more }
}

/** Waits until something holds. @returns whether it came to hold within `limit` ms */
export async function until(check, limit = 4_000) {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(50)) if (await check()) return true
  return check()
}

/** Waits until so many requests have arrived, and what the server says of them has had time to come back. */
export async function arrival(log, count = 1) {
  if (!(await until(async () => (await log()).deliveries.length >= count, 10_000))) throw new Error('nothing arrived')
  await sleep(250)
}

export { sleep }
