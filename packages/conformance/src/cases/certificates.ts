import type { OneBalanceError } from '@ob/core'
import { equal, matches, ok, rejectionOf } from '../assert.ts'
import { CANARY, type Case, type Context, group } from '../context.ts'
import { NO_REASON, ONE_TRUST } from '../limits.ts'

const UNTRUSTED = [
  ['U49', 'selfSigned', 'self-signed'],
  ['U49b', 'expired', 'expired'],
  ['U49c', 'misnamed', 'for another name'],
  ['U49d', 'stranger', 'of another authority'],
] as const

/** 4.1, U49: no request reaches a server whose certificate is not trusted, and no retry is made. */
export const certificates: Case[] = group('certificate', [
  ...UNTRUSTED.flatMap(([id, certificate, what]) =>
    (['GET', 'POST'] as const).flatMap((method) => [
      {
        id: `${id}-${method}`,
        title: `${method} to a server with a certificate that is ${what} does not arrive`,
        async run({ client, core, server }: Context) {
          const { url, log } = await server({ certificate })
          const error = await rejectionOf(client({ baseURL: url, retry: { maxRetries: 1 } }).request(method, '/api/x'))
          ok(core.isOneBalanceError(error), 'no error of the library')
          const { deliveries, unfinished } = await log()
          equal(deliveries.length + unfinished, 0, 'requests, whole or not')
        },
      },
      {
        id: `${id}-${method}-outcome`,
        needs: 'direct' as const,
        title: `${method} to a server with a certificate that is ${what}: network, not_sent, not retried, with a hint to ca`,
        limits: { workerd: NO_REASON },
        async run({ client, server }: Context) {
          const { url } = await server({ certificate })
          const error = (await rejectionOf(client({ baseURL: url }).request(method, '/api/x'))) as OneBalanceError
          equal(
            [error.code, error.outcome, error.attempts.length],
            ['network', 'not_sent', 1],
            'code, outcome, attempts',
          )
          matches(error.hint, /\bca\b/, 'hint')
        },
      },
    ]),
  ),
  {
    id: 'U50',
    title: 'the key does not leave before the certificate is trusted',
    async run({ client, server }) {
      const { url, log } = await server({ certificate: 'stranger' })
      await rejectionOf(client({ baseURL: url, retry: false }).assets.list())
      const { deliveries, unfinished } = await log()
      equal(deliveries.length + unfinished, 0, 'requests, whole or not')
    },
  },
  {
    id: 'U51',
    needs: 'direct',
    title: 'without `ca`, the system alone is trusted',
    limits: { workerd: ONE_TRUST },
    async run({ adapter, server }) {
      const { url, log } = await server()
      const ob = adapter.createClient({ baseURL: url, apiKey: CANARY, retry: false })
      const error = (await rejectionOf(ob.assets.list())) as { code: string; outcome: string }
      await ob.close()
      equal([error.code, error.outcome], ['network', 'not_sent'], 'code and outcome')
      equal((await log()).deliveries.length, 0, 'deliveries')
    },
  },
  {
    id: 'U52',
    needs: 'direct',
    title: '`ca` takes a list as well',
    limits: { workerd: ONE_TRUST },
    async run({ client, server, setup }) {
      const { url, log } = await server()
      await client({ baseURL: url, ca: [setup.sandbox.ca, setup.ca] }).assets.list()
      equal((await log()).deliveries.length, 1, 'deliveries')
    },
  },
])
