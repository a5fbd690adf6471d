import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  basic,
  delegated,
  evmOperation,
  makeQuote,
  roleBased,
  SIGNATURE,
  solana,
  solanaOperation,
} from '../../test/onebalance.ts'
import { rejection } from '../../test/transport.ts'
import { InputError } from '../errors/classes.ts'
import type { PreparedCall } from './schemas/call.ts'
import type { Quote, QuoteV1 } from './schemas/quote.ts'
import { type Signers, signQuote } from './sign.ts'

const BASE58 = '5'.repeat(88)

function spies() {
  const order: string[] = []
  const note = (name: string, signature: string) =>
    vi.fn((..._: unknown[]) => {
      order.push(name)
      return signature
    })
  const evm = {
    signTypedData: note('typedData', SIGNATURE),
    signUserOperation: note('userOperation', SIGNATURE),
    signAuthorization: note('authorization', '0xaa'),
  }
  return { order, evm, solana: { signMessage: note('message', BASE58) } }
}

describe('signQuote', () => {
  it('asks for typed data for a role-based account, and changes nothing else', async () => {
    const quote = makeQuote({ destinationChainOperation: evmOperation() }) as Quote
    const before = JSON.stringify(quote)
    const signers = spies()
    const signed = await signQuote(quote, { evm: { signTypedData: signers.evm.signTypedData } })
    expect(signers.evm.signTypedData.mock.calls[0]?.[0]).toEqual(evmOperation().typedDataToSign)
    expect(JSON.stringify(signed)).toBe(before.replaceAll('"signature":"0x"', `"signature":"${SIGNATURE}"`))
    expect(JSON.stringify(quote)).toBe(before)
  })

  it('takes an account without a type for a role-based one', async () => {
    const { type: _, ...account } = roleBased
    const signers = spies()
    await signQuote(makeQuote({ accounts: [account] }) as Quote, signers)
    expect(signers.order).toEqual(['typedData'])
  })

  it('asks for a user operation for a kernel account, also in a quote of v1', async () => {
    const { accounts: _, ...rest } = makeQuote()
    const signers = spies()
    const signed = await signQuote({ ...rest, account: basic } as unknown as QuoteV1, signers)
    expect(signers.evm.signUserOperation).toHaveBeenCalledWith({
      userOp: evmOperation().userOp,
      chainId: 8453,
      entryPoint: '0x0000000071727De22E5E9d8BAf0edAc6f37da032',
    })
    expect(signed.originChainsOperations).toEqual([
      evmOperation({ userOp: { ...evmOperation().userOp, signature: SIGNATURE } }),
    ])
  })

  it('reads the chain from the asset where the typed data does not name it', async () => {
    const operation = evmOperation({ typedDataToSign: { domain: {}, types: {}, primaryType: 'A', message: {} } })
    const signers = spies()
    await signQuote(makeQuote({ accounts: [basic], originChainsOperations: [operation] }) as Quote, signers)
    expect(signers.evm.signUserOperation.mock.calls[0]?.[0]).toMatchObject({ chainId: 8453 })
  })

  it('asks for the authorization first', async () => {
    const delegation = { contractAddress: '0xd6CEDDe84be40893d153Be9d467CD6aD37875b28', nonce: '7' }
    const quote = makeQuote({
      accounts: [delegated, solana],
      originChainsOperations: [evmOperation({ delegation }), solanaOperation],
    })
    const signers = spies()
    const signed = await signQuote(quote as Quote, signers)
    expect(signers.order).toEqual(['authorization', 'userOperation', 'message'])
    expect(signers.evm.signAuthorization).toHaveBeenCalledWith({
      contractAddress: delegation.contractAddress,
      chainId: 8453,
      nonce: 7,
    })
    expect(signers.solana.signMessage).toHaveBeenCalledWith('AQIDBA==')
    expect(signed.originChainsOperations).toMatchObject([
      { delegation: { ...delegation, signature: '0xaa' }, userOp: { signature: SIGNATURE } },
      { ...solanaOperation, signature: BASE58 },
    ])
  })

  it('keeps a signed authorization that comes as its parts', async () => {
    const delegation = { contractAddress: '0xd6CEDDe84be40893d153Be9d467CD6aD37875b28', nonce: 7 }
    const parts = { type: 'Signed', r: '0x1', s: '0x2', yParity: 1 }
    const unsigned = {
      accounts: [delegated],
      chainOperation: evmOperation({ delegation }),
      tamperProofSignature: '0x',
    } as unknown as PreparedCall
    const signed = await signQuote(unsigned, { evm: { ...spies().evm, signAuthorization: () => parts } })
    expect(signed.chainOperation.delegation).toEqual({ ...delegation, signature: parts })
  })

  it('signs a prepared call, so that createCall takes it', async () => {
    const delegation = { contractAddress: '0xd6CEDDe84be40893d153Be9d467CD6aD37875b28', nonce: 0 }
    const prepared = { accounts: [delegated], chainOperation: evmOperation(), tamperProofSignature: '0x', delegation }
    const signed = await signQuote(prepared as unknown as PreparedCall, spies())
    expect(signed).toEqual({
      ...prepared,
      chainOperation: evmOperation({ userOp: { ...evmOperation().userOp, signature: SIGNATURE } }),
      delegation: { ...delegation, signature: '0xaa' },
    })
  })

  it('awaits signers, one after the other, and calls them on their object', async () => {
    let running = 0
    const evm = {
      async signTypedData() {
        expect([this, running++]).toEqual([evm, 0])
        await Promise.resolve()
        running--
        return SIGNATURE
      },
    }
    await signQuote(makeQuote({ originChainsOperations: [evmOperation(), evmOperation()] }) as Quote, { evm })
  })

  it('names what is missing before it asks anybody', async () => {
    const signers = spies()
    const quote = makeQuote({
      accounts: [roleBased, solana],
      originChainsOperations: [evmOperation(), solanaOperation],
    }) as Quote
    const error = await rejection<InputError>(signQuote(quote, { evm: signers.evm }))
    expect(error).toBeInstanceOf(InputError)
    expect(error.issues).toEqual([
      { path: 'solana.signMessage', message: 'is needed to sign originChainsOperations.1' },
    ])
    expect(signers.order).toEqual([])
  })

  it.each([undefined, '', 'ab', '0x', '0xabc', '0xzz', { r: 1 }, 7])('refuses %j as a signature', async (signature) => {
    const signers = { evm: { signTypedData: () => signature as string } }
    const error = await rejection<InputError>(signQuote(makeQuote() as Quote, signers))
    expect(error.issues.map(({ path }) => path)).toEqual(['originChainsOperations.0.userOp.signature'])
    expect(error.message).not.toContain('zz')
  })

  it('refuses base64 for Solana', async () => {
    const quote = makeQuote({ accounts: [solana], originChainsOperations: [solanaOperation] }) as Quote
    const error = await rejection<InputError>(signQuote(quote, { solana: { signMessage: () => 'AQIDBA==' } }))
    expect(error.issues[0]?.path).toBe('originChainsOperations.0.signature')
  })

  it("passes on a signer's own error", async () => {
    const refusal = new Error('the user said no')
    expect(
      await rejection(signQuote(makeQuote() as Quote, { evm: { signTypedData: () => Promise.reject(refusal) } })),
    ).toBe(refusal)
  })

  it('keeps a quote safe from a signer that changes what it gets', async () => {
    const signTypedData = (data: { domain: Record<string, unknown> }) => {
      delete data.domain['chainId']
      return SIGNATURE
    }
    const signed = await signQuote(makeQuote() as Quote, { evm: { signTypedData } })
    expect(signed.originChainsOperations[0]).toMatchObject({ typedDataToSign: { domain: { chainId: 8453 } } })
  })

  it.each([
    ['accounts.0.type', { accounts: [{ type: 'kernel-v9', accountAddress: '0x' }] }],
    ['accounts', { accounts: [solana] }],
    ['originChainsOperations.0.typedDataToSign', { originChainsOperations: [evmOperation({ typedDataToSign: null })] }],
    [
      'originChainsOperations.0.delegation.nonce',
      { originChainsOperations: [evmOperation({ delegation: { contractAddress: '0x', nonce: 'x' } })] },
    ],
  ])('refuses a quote that does not say how to sign: %s', async (path, more) => {
    const error = await rejection<InputError>(signQuote(makeQuote(more) as Quote, spies()))
    expect(error.issues.map((issue) => issue.path)).toEqual([path])
  })

  it.each([undefined, null, 'quote', { id: 1n }])('refuses %o', async (quote) => {
    expect(await rejection(signQuote(quote as never, {}))).toBeInstanceOf(InputError)
  })
})

it('keeps every field of every quote, prototype names included', async () => {
  const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'signature', '1', 'ключ'))
  const extra = fc.array(fc.tuple(name, fc.jsonValue()), { maxLength: 5 })
  const signers: Signers = { evm: { signTypedData: () => SIGNATURE } }
  await fc.assert(
    fc.asyncProperty(extra, extra, extra, async (first, second, last) => {
      const own = new Set([
        'id',
        'accounts',
        'originChainsOperations',
        'userOp',
        'typedDataToSign',
        'chainOperation',
        'type',
      ])
      own.add('destinationChainOperation').add('delegation')
      const members = (pairs: [string, unknown][]) =>
        pairs
          .filter(([key]) => !own.has(key))
          .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`)
          .join('')
      const text = (signature: string) =>
        `{${members(first)}"id":"q","accounts":[{"type":"role-based"}],"originChainsOperations":[{${members(second)}` +
        `"typedDataToSign":{${members(last)}"domain":{}},"userOp":{${members(last)}"signature":${JSON.stringify(signature)}}}]}`
      const signed = await signQuote(JSON.parse(text('0x')), signers)
      expect(JSON.stringify(signed)).toBe(JSON.stringify(JSON.parse(text(SIGNATURE))))
      expect(Object.getPrototypeOf(signed)).toBe(Object.prototype)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    }),
    { examples: [[[['__proto__', { polluted: true }]], [['__proto__', null]], [['constructor', { prototype: {} }]]]] },
  )
})
