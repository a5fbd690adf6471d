import { equal, ok, rejectionOf } from '../assert.ts'
import { type Case, group } from '../context.ts'

const NOW = 1_800_000_000_000
const date = new Date(NOW).toUTCString()
const headers = (remaining: number, resetIn: number) => ({
  'x-ratelimit-limit': '10',
  'x-ratelimit-remaining': String(remaining),
  'x-ratelimit-reset': String(NOW / 1_000 + resetIn),
  date,
})

/** The gate: a client keeps to the limit that the API tells. */
export const gate: Case[] = group('gate', [
  {
    id: 'G1',
    title: 'at 0 left the next call waits until the reset',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ headers: headers(0, 3) }, { headers: headers(5, 60) }] })
      const waits: number[] = []
      let now = NOW
      const sleep = async (ms: number) => {
        waits.push(ms)
        now += ms
      }
      const ob = client({ baseURL: url, runtime: { now: () => now, sleep } })
      await ob.assets.list()
      await ob.assets.list()
      ok((waits[0] ?? 0) >= 3_000 && (waits[0] ?? 0) <= 3_500, `it waited ${waits}`)
      equal((await log()).deliveries.length, 2, 'deliveries')
    },
  },
  {
    id: 'G2',
    title: 'a wait that does not fit the deadline is RateLimitError before sending',
    async run({ client, core, server }) {
      const { url, log } = await server({ steps: [{ headers: headers(0, 50) }] })
      const ob = client({ baseURL: url, runtime: { now: () => NOW } })
      await ob.assets.list()
      const error = await rejectionOf(ob.assets.list(undefined, { deadline: 1_000 }))
      ok(error instanceof core.RateLimitError, `the error is a ${(error as Error).name}`)
      equal([error.outcome, error.attempts.length], ['not_sent', 0], 'outcome and attempts')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  },
  {
    id: 'G3',
    title: 'no more calls go out at once than there are left',
    async run({ client, server }) {
      const { url, log } = await server({
        steps: [{ headers: headers(2, 60) }, { latency: 400, headers: headers(1, 60) }],
      })
      const ob = client({ baseURL: url, runtime: { now: () => NOW }, timeout: 4_000 })
      await ob.assets.list()
      const calls = Promise.all([1, 2, 3, 4].map((n) => ob.request('GET', `/api/${n}`)))
      const sent = async () => (await log()).deliveries.length
      for (let n = 0; n < 30 && (await sent()) < 3; n += 1) await new Promise((resolve) => setTimeout(resolve, 10))
      equal(await sent(), 3, 'deliveries while the first two are under way')
      await calls
    },
  },
  {
    id: 'G4',
    title: 'maxConcurrent holds, in order, and `wait` events tell it',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ latency: 15 }] })
      const waits: (string | undefined)[] = []
      const ob = client({ baseURL: url, maxConcurrent: 1, hooks: { wait: ({ reason }) => waits.push(reason) } })
      await Promise.all([1, 2, 3, 4].map((n) => ob.request('GET', `/api/${n}`)))
      equal(
        (await log()).deliveries.map(({ target }) => target),
        ['/api/1', '/api/2', '/api/3', '/api/4'],
        'order',
      )
      equal(waits, ['concurrency', 'concurrency', 'concurrency'], 'wait events')
    },
  },
  {
    id: 'G5',
    title: 'a 429 holds back the other calls of the client as well, `once` ones too',
    async run({ client, server }) {
      const { url, log } = await server({ steps: [{ status: 429, headers: { 'retry-after': '2' } }, {}] })
      const waits: number[] = []
      let now = NOW
      const sleep = async (ms: number) => {
        waits.push(ms)
        now += ms
      }
      const ob = client({ baseURL: url, runtime: { now: () => now, sleep } })
      await rejectionOf(ob.request('POST', '/api/x', { body: {} }))
      await ob.request('POST', '/api/y', { body: {} })
      ok((waits[0] ?? 0) >= 2_000, `it waited ${waits}`)
      equal((await log()).deliveries.length, 2, 'deliveries')
    },
  },
])
