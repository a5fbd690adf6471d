import { equal, matches, ok, rejectionOf, thrownBy } from '../assert.ts'
import { CANARY, type Case, group } from '../context.ts'

const HOST = 'be.onebalance.io'

/** `[id, base URL, hint]`; the hint must be in the message. */
const REFUSED: readonly (readonly [string, unknown, RegExp?])[] = [
  ['U2', `http://${HOST}`],
  ['U3', `HTTP://${HOST}`],
  ['U3b', `hTTp://${HOST}`],
  ['U11', ` https://${HOST}`, /white space/i],
  ['U11b', `https://${HOST} `, /white space/i],
  ['U11c', `https://${HOST}\n`, /white space/i],
  ['U11d', `\thttps://${HOST}`, /white space/i],
  ['U11e', `https://be.one\tbalance.io`],
  ['U11f', `https://be.one\nbalance.io`],
  ['U12', HOST, /https:\/\//],
  ['U12b', `${HOST}:443`],
  ['U14', `//${HOST}`],
  ['U14b', ''],
  ['U14c', 'https://'],
  ['U14d', 'https:///'],
  ['U14e', `https:${HOST}`],
  ['U14f', `https:/${HOST}`],
  ['U14g', `https:///${HOST}`],
  ['U14h', `https:\\\\${HOST}`],
  ['U15', `ws://${HOST}`],
  ['U15b', `wss://${HOST}`],
  ['U15c', `ftp://${HOST}`],
  ['U15d', 'file:///etc/passwd'],
  ['U15e', 'data:text/plain,x'],
  ['U15f', 'javascript:alert(1)'],
  ['U15g', `blob:https://${HOST}/x`],
  ['U16', 'http://localhost:3000', /allowInsecureLoopback/],
  ['U16b', 'http://127.0.0.1', /allowInsecureLoopback/],
  ['U16c', 'http://[::1]', /allowInsecureLoopback/],
  ['U28', `https://user:pw@${HOST}`],
  ['U28b', `https://user@${HOST}`],
  ['U28c', `https://@${HOST}`],
  ['U29', `https://${HOST}@evil.com`],
  ['U30', `https://${HOST}\\@evil.com`],
  ['U31', `https://${HOST}\\evil.com`],
  ['U32', `https://${HOST}?x=1`],
  ['U33', `https://${HOST}#x`],
  ['U34', `https://${HOST}/a/../b`],
  ['U34b', `https://${HOST}/%2e%2e/b`],
  ['U34c', `https://${HOST}/./b`],
  ['U34d', `https://${HOST}//b`],
  ['U35', 'https://ｂe.onebalance.io'],
  ['U35b', 'https://bé.onebalance.io'],
  ['U35c', 'https://be%2eonebalance.io'],
  ['U36', `https://${HOST}.`],
  ['U37', 'https://0x7f.1'],
  ['U37b', 'https://0177.0.0.1'],
  ['U37c', 'https://2130706433'],
  ['U37d', 'https://127.1'],
  ['U37e', 'https://[::ffff:127.0.0.1]'],
  ['U37f', 'https://[::ffff:7f00:1]'],
  ['U38b', `https://${HOST}:0`],
  ['U38c', `https://${HOST}:99999`],
  ['U38d', `https://${HOST}:0443`],
  ['U38e', `https://${HOST}:`],
  ['U39', `https://${HOST}/<script>`],
  ['U40', 42],
  ['U40b', {}],
  ['U44', `https://${HOST}/api`, /api/],
]

const REFUSED_LOOPBACK = [
  ['U26', 'http://localhost.evil.com'],
  ['U26b', 'http://127.0.0.1.nip.io'],
  ['U27', 'http://127.0.0.1@evil.com'],
  ['U27b', 'http://localhost:3000@evil.com'],
  ['U27c', `http://${HOST}`],
  ['U27d', 'http://0.0.0.0'],
  ['U27e', 'http://127.1'],
  ['U27f', 'http://0x7f000001'],
  ['U27g', 'http://[::ffff:127.0.0.1]'],
  ['U27h', 'http://localhost.'],
  ['U27i', 'http://10.0.0.1'],
  ['U27j', 'http://128.0.0.1'],
] as const

const ACCEPTED = [
  ['U1', `https://${HOST}`],
  ['U1b', `https://${HOST}/`],
  ['U1c', `HTTPS://${HOST}`],
  ['U1d', 'https://BE.OneBalance.IO'],
  ['U1e', `https://${HOST}/prefix`],
  ['U1f', `https://${HOST}/prefix/v2/`],
  ['U1g', 'https://xn--b-bga.example'],
  ['U38', `https://${HOST}:443`],
  ['U38f', `https://${HOST}:8443`],
  ['U1h', 'https://127.0.0.1:8443'],
  ['U1i', 'https://[::1]:8443'],
] as const

const ACCEPTED_LOOPBACK = [
  ['U17', 'http://localhost:3000'],
  ['U17b', 'http://127.0.0.1'],
  ['U17c', 'http://[::1]'],
  ['U17d', 'http://127.8.9.10:80'],
  ['U17e', 'http://LOCALHOST:3000'],
] as const

/** 4.1: what may be a base URL. Nothing is sent, and the key is not asked for. */
export const baseURLs: Case[] = group('base URL', [
  ...REFUSED.map(([id, baseURL, hint]) => ({
    ...refusal(id, baseURL, false, hint),
    // Without a key, plain HTTP to this machine gives nothing away.
    ...(String(hint).includes('allowInsecureLoopback') && { needs: 'key' as const }),
  })),
  ...REFUSED_LOOPBACK.map(([id, baseURL]) => refusal(id, baseURL, true)),
  ...ACCEPTED.map(([id, baseURL]) => acceptance(id, baseURL, false)),
  ...ACCEPTED_LOOPBACK.map(([id, baseURL]) => acceptance(id, baseURL, true)),
  {
    id: 'U41',
    title: 'a URL object is accepted',
    async run({ client, server }) {
      const { url, log } = await server()
      await client({ baseURL: new URL(url) }).request('GET', '/api/x')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  },
  {
    id: 'U41b',
    title: 'an option with a getter that changes its answer is read once',
    async run({ adapter, server, setup, trust }) {
      const [first, second] = [await server(), await server()]
      let reads = 0
      const options = Object.defineProperty({ retry: false, apiKey: CANARY, ...trust(setup.ca) } as const, 'baseURL', {
        enumerable: true,
        get: () => (reads++ === 0 ? first.url : second.url),
      })
      const ob = adapter.createClient(options)
      await ob.request('GET', '/api/x')
      await ob.close()
      equal((await first.log()).deliveries.length, 1, 'deliveries to the first')
      equal((await second.log()).connections, 0, 'connections to the second')
    },
  },
  {
    id: 'U42',
    title: 'options that change after creation change nothing',
    async run({ adapter, server, setup, trust }) {
      const [good, other] = [await server(), await server({ kind: 'http' })]
      const options = { baseURL: good.url, apiKey: CANARY, ...trust(setup.ca) }
      const ob = adapter.createClient(options)
      Object.assign(options, { baseURL: other.url, allowInsecureLoopback: true })
      Object.defineProperty(Object.prototype, 'allowInsecureLoopback', { value: true, configurable: true })
      try {
        await ob.request('GET', '/api/x')
      } finally {
        Reflect.deleteProperty(Object.prototype, 'allowInsecureLoopback')
        await ob.close()
      }
      equal((await good.log()).deliveries.length, 1, 'deliveries')
      equal((await other.log()).connections, 0, 'connections to the other')
    },
  },
  {
    id: 'U45',
    needs: 'direct',
    title: 'http to this machine works once it is permitted',
    async run({ client, server }) {
      const { url, log } = await server({ kind: 'http' })
      await client({ baseURL: url, allowInsecureLoopback: true }).request('GET', '/api/x')
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  },
  {
    id: 'U46',
    needs: 'direct',
    title: 'the path prefix of the base comes before every path',
    async run({ client, server }) {
      const { url, log } = await server()
      await client({ baseURL: `${url}/edge/v2/` }).assets.list()
      equal((await log()).deliveries[0]?.target, '/edge/v2/api/assets/list', 'target')
    },
  },
  {
    id: 'U47',
    needs: 'direct',
    title: 'plain http is refused by the sandbox too: the port speaks TLS only',
    async run({ client, setup }) {
      const baseURL = setup.sandbox.url.replace('https://', 'http://').replace(/\/\/[^:]+/, '//localhost')
      const error = (await rejectionOf(
        client({ baseURL, allowInsecureLoopback: true, retry: false }).assets.list(),
      )) as { code: string }
      ok(['network', 'request_rejected', 'invalid_response'].includes(error.code), `code ${error.code}`)
    },
  },
])

function refusal(id: string, baseURL: unknown, allowInsecureLoopback: boolean, hint?: RegExp) {
  return {
    id,
    title: `refused${allowInsecureLoopback ? ' with loopback permitted' : ''}: ${JSON.stringify(baseURL)}`,
    run({ adapter, core }: Parameters<Case['run']>[0]) {
      let asked = 0
      const apiKey = () => {
        asked += 1
        return CANARY
      }
      const options = { baseURL: baseURL as string, apiKey, allowInsecureLoopback }
      for (const create of [adapter.createClient, adapter.createCaller]) {
        const error = thrownBy(() => create(options)) as InstanceType<typeof core.InsecureUrlError>
        ok(core.isOneBalanceError(error), `the error is a ${(error as Error).name}`)
        ok(error instanceof core.ConfigurationError, 'it is no ConfigurationError')
        if (id !== 'U44') equal(error.code, 'insecure_url', 'code')
        equal(error.outcome, 'not_sent', 'outcome')
        if (hint) matches(error.message, hint, 'message')
        ok(!JSON.stringify(error).includes('pw@'), 'the password is shown')
      }
      equal(asked, 0, 'questions for the key')
    },
  }
}

function acceptance(id: string, baseURL: string, allowInsecureLoopback: boolean) {
  return {
    id,
    title: `accepted${allowInsecureLoopback ? ' with loopback permitted' : ''}: ${baseURL}`,
    async run({ adapter }: Parameters<Case['run']>[0]) {
      const ob = adapter.createClient({ baseURL, apiKey: CANARY, allowInsecureLoopback })
      await ob.close()
    },
  }
}
