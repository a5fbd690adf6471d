import { describe, expect, it, vi } from 'vitest'
import { abortAndStall, inTurn, START, virtualClient } from '../../test/onebalance.ts'
import { json, rejection } from '../../test/transport.ts'
import {
  AbortError,
  AuthenticationError,
  ConfigurationError,
  ExecutionError,
  InputError,
  PermissionError,
  RequestError,
  TimeoutError,
} from '../errors/classes.ts'

const QUOTE = { quoteId: '0xq' }
const at = (status: string, more: object = {}) => ({ quoteId: '0xq', status, ...more })

describe('executions.wait', () => {
  it('goes on over {} and EXECUTED until COMPLETED, and tells each change of status once', async () => {
    const done = at('COMPLETED', { unknownField: 1 })
    const { client, sent, sleeps } = virtualClient(
      inTurn({}, at('PENDING'), at('PENDING'), at('IN_PROGRESS'), at('EXECUTED'), at('EXECUTED'), done),
    )
    const seen: string[] = []
    expect(await client.executions.wait(QUOTE, { onStatus: (status) => seen.push(status) })).toEqual(done)
    expect(seen).toEqual(['PENDING', 'IN_PROGRESS', 'EXECUTED', 'COMPLETED'])
    expect(sleeps).toEqual([1_000, 1_500, 2_250, 3_375, 5_000, 5_000])
    expect(new Set(sent.map(({ url }) => new URL(url).pathname + new URL(url).search))).toEqual(
      new Set(['/api/v3/status/get-execution-status?quoteId=0xq']),
    )
  })

  it('reads the older, nested status, and asks v1 where v1 is asked for', async () => {
    const { client, sent } = virtualClient(
      inTurn({ status: { status: 'PENDING' } }, { status: { status: 'COMPLETED' } }),
    )
    const onStatus = vi.fn()
    expect(await client.v1.executions.wait(QUOTE, { onStatus })).toEqual({ status: { status: 'COMPLETED' } })
    expect(onStatus.mock.calls.map(([status]) => status)).toEqual(['PENDING', 'COMPLETED'])
    expect(sent[0]?.url).toContain('/api/status/get-execution-status?')
  })

  it.each([1_000.5, 999.999, 2_500.000_1])(
    'ends as a timeout when a part of a millisecond is left of %d',
    async (deadline) => {
      const { client } = virtualClient(inTurn({}))
      const error = await rejection<TimeoutError>(client.executions.wait(QUOTE, { deadline }))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ scope: 'deadline', quoteId: '0xq' })
    },
  )

  it.each([
    ['REFUNDED', at('REFUNDED', { failReason: 'SLIPPAGE' }), 'SLIPPAGE'],
    ['FAILED', at('FAILED'), undefined],
    ['REFUNDED', { status: { status: 'REFUNDED', failReason: 'NEW_REASON' } }, 'NEW_REASON'],
  ])('throws on %s', async (status, answer, failReason) => {
    const { client } = virtualClient(inTurn(answer))
    const error = await rejection<ExecutionError>(client.executions.wait(QUOTE))
    expect(error).toBeInstanceOf(ExecutionError)
    expect(error).toMatchObject({ status, outcome: 'accepted', quoteId: '0xq', retryable: false })
    expect(error.failReason).toBe(failReason)
  })

  it('survives polls that fail', async () => {
    const html = new Response('<html>maintenance</html>', { status: 200 })
    const { client, sent } = virtualClient(
      inTurn(new TypeError('fetch failed'), json({}, 503), json({}, 500), json({}, 404), html, at('COMPLETED')),
    )
    await client.executions.wait(QUOTE)
    expect(sent).toHaveLength(6)
  })

  it('waits as long as a 429 or a 503 asks', async () => {
    const { client, sleeps } = virtualClient(
      inTurn(json({}, 503, { 'retry-after': '20' }), json({}, 429, { 'retry-after': '7' }), at('COMPLETED')),
    )
    await client.executions.wait(QUOTE)
    expect(sleeps[0]).toBe(20_000)
    expect(sleeps.slice(1).reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(7_000)
  })

  it.each([
    [401, AuthenticationError],
    [403, PermissionError],
    [400, RequestError],
  ])('ends on %i', async (status, type) => {
    const { client, sent } = virtualClient(inTurn(at('PENDING'), json({}, status)))
    const error = await rejection(client.executions.wait(QUOTE))
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ quoteId: '0xq' })
    expect(sent).toHaveLength(2)
  })

  it('ends at the deadline with what is known', async () => {
    const { client, clock } = virtualClient(inTurn(at('IN_PROGRESS'), json({}, 503)))
    const error = await rejection<TimeoutError>(client.executions.wait(QUOTE, { deadline: 10_000 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ scope: 'deadline', quoteId: '0xq', lastStatus: 'IN_PROGRESS', outcome: 'accepted' })
    expect(error.cause).toMatchObject({ status: 503 })
    expect(clock.now).toBe(START + 10_000)
  })

  it('ends on a clock that stands still while sleep takes no time', async () => {
    const { client, sent } = virtualClient(inTurn({}), { runtime: { now: () => START, sleep: async () => {} } })
    const error = await rejection<TimeoutError>(client.executions.wait(QUOTE))
    expect(error).toMatchObject({ scope: 'deadline', outcome: 'unknown' })
    expect(error.lastStatus).toBeUndefined()
    expect(sent.length).toBeLessThan(130)
  })

  it('counts the time that polls take, and gives none more than what is left', async () => {
    const armed: number[] = []
    const setTimer = (ms: number) => {
      armed.push(ms)
      return () => {}
    }
    const slow = () => {
      clock.now += 4_000
      return json({})
    }
    const { client, clock } = virtualClient(slow, { runtime: { setTimer } })
    await rejection(client.executions.wait(QUOTE, { deadline: 10_000, timeout: 6_000 }))
    expect(armed).toEqual([6_000, 5_000])
  })

  it('ends on the signal during a sleep, and before the first poll', async () => {
    const reason = new Error('the page was left')
    const controller = new AbortController()
    const { client, sent } = virtualClient(inTurn(at('PENDING')), {
      runtime: { sleep: () => abortAndStall(controller, reason) },
    })
    const error = await rejection<AbortError>(client.executions.wait(QUOTE, { signal: controller.signal }))
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ quoteId: '0xq', outcome: 'accepted' })
    expect(error.cause).toBe(reason)
    const again = await rejection<AbortError>(client.executions.wait(QUOTE, { signal: controller.signal }))
    expect([again.code, again.cause]).toEqual(['aborted', reason])
    expect(sent).toHaveLength(1)
  })

  it('ends on the signal during a poll', async () => {
    const controller = new AbortController()
    const { client } = virtualClient(() => abortAndStall(controller, 'bye'))
    const error = await rejection<AbortError>(client.executions.wait(QUOTE, { signal: controller.signal }))
    expect([error.code, error.cause, error.quoteId]).toEqual(['aborted', 'bye', '0xq'])
  })

  it('ignores what onStatus throws or rejects with', async () => {
    const { client } = virtualClient(inTurn(at('COMPLETED')))
    const thrown = () => {
      throw new Error('broken view')
    }
    for (const onStatus of [thrown, async () => thrown()])
      expect(await client.executions.wait(QUOTE, { onStatus })).toMatchObject({ status: 'COMPLETED' })
  })

  it('never waits less than the initial interval nor more than the longest', async () => {
    const { client, sleeps } = virtualClient(inTurn({}), { runtime: { random: () => 0.999 } })
    await rejection(client.executions.wait(QUOTE, { interval: { initial: 100, max: 400 }, deadline: 5_000 }))
    expect(sleeps[0]).toBe(100)
    for (const ms of sleeps.slice(0, -1)) expect(ms >= 100 && ms <= 400).toBe(true)
    expect(sleeps[6]).toBeCloseTo(320, 0)
  })

  it('refuses options and inputs that cannot be used', async () => {
    const { client, sent } = virtualClient(inTurn({}))
    for (const options of [
      { deadline: 0 },
      { deadline: Number.NaN },
      { interval: { initial: -1 } },
      { interval: { max: '5' as never } },
    ])
      expect(await rejection(client.executions.wait(QUOTE, options))).toBeInstanceOf(ConfigurationError)
    for (const input of [undefined, {}, { quoteId: '' }, { quoteId: 7 }])
      expect(await rejection(client.executions.wait(input as never))).toBeInstanceOf(InputError)
    expect(sent).toHaveLength(0)
  })
})
