import { describe, expect, it } from 'vitest'
import { inTurn, virtualClient } from '../../test/onebalance.ts'
import { json, rejection } from '../../test/transport.ts'
import { ResponseError } from '../errors/classes.ts'

const page = (ids: string[], continuation?: string | null) => ({
  transactions: ids.map((quoteId) => ({ quoteId, type: 'SWAP', status: 'COMPLETED' })),
  ...(continuation !== undefined && { continuation }),
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('transactions.list', () => {
  it.each([undefined, null, ''])('follows the cursor until it is %j', async (end) => {
    const { client, sent } = virtualClient(inTurn(page(['a', 'b'], 'c1'), page([], 'c2'), page(['c'], end)))
    const list = client.transactions.list({ user: '0xu', limit: 2, sortBy: 'createdAt' })
    expect(sent).toHaveLength(0)
    expect((await collect(list)).map(({ quoteId }) => quoteId)).toEqual(['a', 'b', 'c'])
    expect(sent.map(({ url }) => url.slice(url.indexOf('/api')))).toEqual([
      '/api/v3/status/get-tx-history?user=0xu&limit=2&sortBy=createdAt',
      '/api/v3/status/get-tx-history?user=0xu&limit=2&sortBy=createdAt&continuation=c1',
      '/api/v3/status/get-tx-history?user=0xu&limit=2&sortBy=createdAt&continuation=c2',
    ])
  })

  it('asks for no page that nobody reads', async () => {
    const { client, sent } = virtualClient(inTurn(page(['a'], 'c1'), page(['b'], 'c2')))
    for await (const { quoteId } of client.v1.transactions.list({ user: '0xu' })) if (quoteId === 'a') break
    expect(sent.map(({ url }) => new URL(url).pathname)).toEqual(['/api/status/get-tx-history'])
  })

  it('gives one page, with its response', async () => {
    const { client, sent } = virtualClient(inTurn(page(['a'], 'c1')))
    const list = client.transactions.list({ user: '0xu', continuation: 'c0' })
    expect(await list.page()).toEqual(page(['a'], 'c1'))
    expect((await list.page().withResponse()).response.status).toBe(200)
    expect(new URL(sent[0]?.url ?? '').search).toBe('?user=0xu&continuation=c0')
  })

  it.each([
    [['c1', 'c1'], 2],
    [['c1', 'c2', 'c1'], 3],
    [['c0'], 1],
  ])('ends when a cursor comes back: %j', async (cursors, requests) => {
    const { client, sent } = virtualClient(inTurn(...cursors.map((cursor) => page(['a'], cursor))))
    const error = await rejection<ResponseError>(collect(client.transactions.list({ user: '0xu', continuation: 'c0' })))
    expect(error).toBeInstanceOf(ResponseError)
    expect(error.issues[0]?.path).toBe('continuation')
    expect(sent).toHaveLength(requests)
  })

  it('can be iterated again, from the beginning', async () => {
    const { client, sent } = virtualClient(inTurn(page(['a'])))
    const list = client.transactions.list({ user: '0xu' })
    expect(await collect(list)).toEqual(await collect(list))
    expect(sent).toHaveLength(2)
  })

  it('rejects, and does not throw', async () => {
    const { client } = virtualClient(inTurn(json({}, 403)))
    expect(await rejection(client.transactions.list({ user: '0xu' }).page())).toMatchObject({ code: 'forbidden' })
    const list = client.transactions.list(undefined as never)
    expect(await rejection(collect(list))).toMatchObject({ code: 'invalid_input' })
  })
})
