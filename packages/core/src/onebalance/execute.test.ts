import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { abortAndStall, inTurn, makeQuote, roleBased, SIGNATURE, START, virtualClient } from '../../test/onebalance.ts'
import { type Answer, json, rejection, type Sent } from '../../test/transport.ts'
import {
  AbortError,
  ExecutionError,
  InputError,
  NetworkError,
  OutcomeUnknownError,
  RequestError,
} from '../errors/classes.ts'
import type { Quote, QuoteInput } from './schemas/quote.ts'
import { signQuote } from './sign.ts'

const INPUT: QuoteInput = {
  from: { accounts: [roleBased], asset: { assetId: 'ob:usdc' }, amount: '1500000' },
  to: { asset: { assetId: 'ob:eth' } },
}
const ACCEPTED = { success: true, guarantees: null, error: null }
const at = (status: string) => ({ quoteId: 'q', status })
const quote = makeQuote() as Quote

/** Answers executions with one list and status questions with another. */
function answers(executions: Parameters<typeof inTurn>, statuses: Parameters<typeof inTurn>): Answer {
  const counts = { execute: 0, status: 0 }
  const [onExecute, onStatus] = [inTurn(...executions), inTurn(...statuses)]
  return (sent) => (isExecution(sent) ? onExecute(sent, counts.execute++) : onStatus(sent, counts.status++))
}

const isExecution = ({ url }: Sent) => url.endsWith('/execute-quote')
const executions = (sent: Sent[]) => sent.filter(isExecution).length

describe('quotes.executeAndWait', () => {
  it('executes once and waits', async () => {
    const { client, sent } = virtualClient(answers([ACCEPTED], [{}, at('PENDING'), at('COMPLETED')]))
    expect(await client.quotes.executeAndWait(quote)).toEqual(at('COMPLETED'))
    expect([executions(sent), sent.length]).toEqual([1, 4])
  })

  it('uses the endpoints of v1 for quotes of v1', async () => {
    const { client, sent } = virtualClient(answers([ACCEPTED], [at('COMPLETED')]))
    await client.v1.quotes.executeAndWait({ ...quote, account: roleBased } as never)
    expect(sent.map(({ url }) => new URL(url).pathname)).toEqual([
      '/api/quotes/execute-quote',
      '/api/status/get-execution-status',
    ])
  })

  it.each([
    ['the network fails', new TypeError('fetch failed')],
    ['a gateway answers', json({}, 502)],
    ['the answer is not JSON', new Response('<html>', { status: 200 })],
    ['the answer reports a failure', { success: false, guarantees: null, error: 'solver busy' }],
  ])('finds out what happened when %s', async (_, answer) => {
    const { client, sent } = virtualClient(
      answers([answer], [{}, json({}, 404), json({}, 503), at('PENDING'), at('COMPLETED')]),
    )
    expect(await client.quotes.executeAndWait(quote)).toEqual(at('COMPLETED'))
    expect([executions(sent), sent.length]).toEqual([1, 6])
  })

  it('does not ask again for a status that is known and final', async () => {
    const { client, sent } = virtualClient(answers([json({}, 502)], [at('COMPLETED')]))
    await client.quotes.executeAndWait(quote)
    expect(sent).toHaveLength(2)
  })

  it('throws the first error when the status stays unknown', async () => {
    const { client, sent, clock } = virtualClient(answers([json({}, 502)], [{}]))
    const error = await rejection<OutcomeUnknownError>(client.quotes.executeAndWait(quote))
    expect(error).toBeInstanceOf(OutcomeUnknownError)
    expect(error).toMatchObject({ outcome: 'unknown', quoteId: quote.id, cause: { status: 502 } })
    expect(clock.now - START).toBe(60_000)
    expect(executions(sent)).toBe(1)
  })

  it('does not hide a lost execution behind an error of the question', async () => {
    const { client } = virtualClient(answers([json({}, 502)], [json({}, 401)]))
    expect(await rejection(client.quotes.executeAndWait(quote))).toBeInstanceOf(OutcomeUnknownError)
  })

  it('throws what the API said inside a 2xx answer when no status follows', async () => {
    const { client } = virtualClient(answers([{ success: false, error: 'solver busy' }], [json({}, 404)]))
    const error = await rejection<ExecutionError>(client.quotes.executeAndWait(quote, { deadline: 5_000 }))
    expect(error).toBeInstanceOf(ExecutionError)
    expect(error).toMatchObject({ outcome: 'unknown', quoteId: quote.id })
    expect(error.message).toContain('solver busy')
  })

  it.each([
    [400, RequestError],
    [429, Error],
  ])('does not wait after a definite %i', async (status, type) => {
    const { client, sent } = virtualClient(answers([json({}, status)], [at('COMPLETED')]))
    const error = await rejection(client.quotes.executeAndWait(quote))
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ outcome: 'rejected' })
    expect(sent).toHaveLength(1)
  })

  it('throws how it ended', async () => {
    const { client } = virtualClient(answers([ACCEPTED], [{ ...at('REFUNDED'), failReason: 'SLIPPAGE' }]))
    expect(await rejection(client.quotes.executeAndWait(quote))).toMatchObject({
      status: 'REFUNDED',
      failReason: 'SLIPPAGE',
    })
  })

  it('never calls an accepted execution rejected or worth a repetition, whatever happens to the polls', async () => {
    const { client } = virtualClient(answers([ACCEPTED], [json({}, 401)]))
    expect(await rejection(client.quotes.executeAndWait(quote))).toMatchObject({
      outcome: 'accepted',
      retryable: false,
    })
    const slow = virtualClient(answers([ACCEPTED], [{}]))
    const error = await rejection(slow.client.quotes.executeAndWait(quote, { deadline: 2_000 }))
    expect(error).toMatchObject({
      code: 'timeout',
      scope: 'deadline',
      outcome: 'accepted',
      retryable: false,
      quoteId: quote.id,
    })
  })

  it('passes an abort on, during the execution and after it', async () => {
    const during = new AbortController()
    const first = virtualClient(() => abortAndStall(during, 'bye'))
    const error = await rejection<AbortError>(first.client.quotes.executeAndWait(quote, { signal: during.signal }))
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ outcome: 'unknown', quoteId: quote.id, cause: 'bye' })
    expect(first.sent).toHaveLength(1)

    const after = new AbortController()
    const second = virtualClient(answers([ACCEPTED], [{}]), {
      runtime: { sleep: () => abortAndStall(after, 'bye') },
    })
    const later = await rejection(second.client.quotes.executeAndWait(quote, { signal: after.signal }))
    expect(later).toMatchObject({ code: 'aborted', outcome: 'accepted', quoteId: quote.id })
  })

  it('refuses options before value moves', async () => {
    const { client, sent } = virtualClient(inTurn(ACCEPTED))
    expect(await rejection(client.quotes.executeAndWait(quote, { deadline: -1 }))).toMatchObject({
      code: 'configuration',
    })
    expect(sent).toHaveLength(0)
  })
})

describe('quotes.execute', () => {
  it('refuses an expired quote with the time, before sending', async () => {
    const { client, sent } = virtualClient(inTurn(ACCEPTED))
    const expired = { ...quote, expirationTimestamp: String(START / 1_000) }
    for (const execute of [client.quotes.execute, client.quotes.executeAndWait]) {
      const error = await rejection<InputError>(execute(expired))
      expect(error).toBeInstanceOf(InputError)
      expect(error.issues).toEqual([
        { path: 'expirationTimestamp', message: expect.stringContaining('2026-01-01T00:00:00.000Z') },
      ])
    }
    expect(sent).toHaveLength(0)
    await client.quotes.execute({ ...quote, expirationTimestamp: 'soon' })
  })

  it('says the outcome is unknown when a 2xx answer reports a failure', async () => {
    const { client } = virtualClient(inTurn({ success: false, guarantees: null, error: 'no' }))
    expect(await rejection(client.quotes.execute(quote))).toMatchObject({
      code: 'execution_failed',
      outcome: 'unknown',
      quoteId: quote.id,
    })
  })

  it('retries where nothing was ever sent, and passes that error on', async () => {
    const refused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
    const { client } = virtualClient(inTurn(refused))
    const error = await rejection(client.quotes.execute(quote))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ outcome: 'not_sent' })
  })

  it('sends exactly what create received, plus signatures', async () => {
    const members = '"__proto__":{"a":1},"constructor":{"prototype":{}},"é":"\u{1f600}","n":"12345678901234567890"'
    const received = JSON.stringify(quote).replace('"tamperProofSignature"', `${members},"tamperProofSignature"`)
    const { client, sent } = virtualClient((_, index) => (index === 0 ? new Response(received) : json(ACCEPTED)))
    const created = await client.quotes.create(INPUT)
    await client.quotes.execute(await signQuote(created, { evm: { signTypedData: () => SIGNATURE } }))
    expect(await sent[1]?.text()).toBe(received.replace('"signature":"0x"', `"signature":"${SIGNATURE}"`))
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  })

  it('sends any quote as it came', async () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'toJSON', '7', 'é\u{1f600}', 'signature'),
    )
    const extra = fc.array(fc.tuple(name, fc.jsonValue()), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(extra, extra, async (before, after) => {
        const known = Object.keys(quote).concat(
          'destinationChainOperation',
          'validAfter',
          'validUntil',
          'slippage',
          'fees',
        )
        const members = (pairs: [string, unknown][]) =>
          pairs
            .filter(([key]) => !known.includes(key))
            .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`)
        const received = `{${members(before).join('')}${members(after).join('')}${JSON.stringify(quote).slice(1)}`
        const { client, sent } = virtualClient((_, index) => (index === 0 ? new Response(received) : json(ACCEPTED)))
        const created = await client.quotes.create(INPUT)
        await client.quotes.execute(await signQuote(created, { evm: { signTypedData: () => SIGNATURE } }))
        const expected = JSON.stringify(JSON.parse(received.replace('"signature":"0x"', `"signature":"${SIGNATURE}"`)))
        expect(await sent[1]?.text()).toBe(expected)
        expect(Object.getPrototypeOf(created)).toBe(Object.prototype)
      }),
    )
  })

  it('survives an answer that nobody checked', async () => {
    const { client } = virtualClient(inTurn(new Response('null')))
    expect(await client.quotes.execute(quote, { validate: false })).toBeNull()
  })
})

describe('a quote that changed since it was issued', () => {
  async function create(answer: object = quote) {
    const { client, sent } = virtualClient((_, index) => json(index === 0 ? answer : ACCEPTED))
    return { client, sent, created: await client.quotes.create(INPUT) }
  }
  const edited = (change: (copy: Record<string, never> & Quote) => unknown) => {
    const copy = structuredClone(quote) as Record<string, never> & Quote
    return (change(copy) as Quote | undefined) ?? copy
  }

  it.each<[string, Quote]>([
    [
      'destinationToken.amount',
      edited((copy) => Object.assign(copy['destinationToken'] as object, { amount: '2' }) && undefined),
    ],
    [
      'originChainsOperations.0.amount',
      edited((copy) => Object.assign(copy.originChainsOperations[0] as object, { amount: 1500000 }) && undefined),
    ],
    ['originChainsOperations.1', edited((copy) => void copy.originChainsOperations.push({} as never))],
    ['extra', { ...quote, extra: 1 }],
    ['accounts', edited(({ id, accounts, ...rest }) => ({ accounts, id, ...rest }))],
    ['tamperProofSignature', edited(({ tamperProofSignature: _, ...rest }) => rest)],
    [
      'originToken.assetType',
      edited((copy) => Object.assign(copy['originToken'] as object, { assetType: {} }) && undefined),
    ],
  ])('is refused with the path %s', async (path, changed) => {
    const { client, created, sent } = await create()
    for (const execute of [client.quotes.execute, client.quotes.executeAndWait]) {
      const error = await rejection<InputError>(execute(changed))
      expect(error).toBeInstanceOf(InputError)
      expect(error.issues.map((issue) => issue.path)).toEqual([path])
      expect(error).toMatchObject({ quoteId: quote.id, outcome: 'not_sent' })
    }
    expect(sent).toHaveLength(1)
    await client.quotes.execute(created)
  })

  it('is found when the object itself was changed', async () => {
    const { client, created, sent } = await create()
    Object.assign(created, { expirationTimestamp: '99999999999' })
    const error = await rejection<InputError>(client.quotes.execute(created))
    expect(error.issues[0]?.path).toBe('expirationTimestamp')
    expect(sent).toHaveLength(1)
  })

  it('may have signatures where there were none, and in every slot', async () => {
    const bare = {
      ...quote,
      originChainsOperations: [{ type: 'solana', dataToSign: 'AQ==' }],
      destinationChainOperation: {
        ...quote.originChainsOperations[0],
        delegation: { contractAddress: '0x', nonce: 0 },
      },
    }
    const { client } = await create(bare)
    await client.quotes.execute({
      ...bare,
      originChainsOperations: [{ type: 'solana', signature: '5', dataToSign: 'AQ==' }],
      destinationChainOperation: {
        ...quote.originChainsOperations[0],
        delegation: { contractAddress: '0x', nonce: 0, signature: '0xaa' },
      },
    } as never)
  })

  it('passes when another client made it', async () => {
    const { client } = await create()
    await client.quotes.execute({ ...quote, id: '0xother' })
  })

  it('is compared to the last one hundred only', async () => {
    const { client } = virtualClient((sent, index) =>
      json(isExecution(sent) ? ACCEPTED : { ...quote, id: `q${index}` }),
    )
    for (let count = 0; count <= 100; count += 1) await client.quotes.create(INPUT)
    await client.quotes.execute({ ...quote, id: 'q0', extra: 1 } as Quote)
    expect(await rejection(client.quotes.execute({ ...quote, id: 'q1', extra: 1 } as Quote))).toBeInstanceOf(InputError)
  })
})
