import { is } from 'valibot'
import { describe, expect, it } from 'vitest'
import { InputError } from '../errors/classes.ts'
import { caip2, caip10, caip19, isCaip2, isCaip10, isCaip19, parseCaip2, parseCaip10, parseCaip19 } from './caip.ts'

const SOLANA = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'
const USDC = 'eip155:8453/erc20:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'

describe('CAIP-2, CAIP-10 and CAIP-19', () => {
  it.each([
    [
      isCaip2,
      caip2,
      ['eip155:1', SOLANA],
      ['eip155', 'eip155:', 'EIP155:1', 'ei:1', 'eip155:1:0xab', 'eip155:1\n', 8453],
    ],
    [isCaip10, caip10, ['eip155:1:0xab', `${SOLANA}:7S3P4`], ['eip155:1', '0xab', 'eip155:1/0xab', 'eip155:1:0x ab']],
    [
      isCaip19,
      caip19,
      [USDC, 'eip155:1/slip44:60', `${SOLANA}/token:7S3P4`],
      ['ob:usdc', 'eip155:1', `${USDC},${USDC}`, null],
    ],
  ] as const)('%o', (isValid, schema, good, bad) => {
    for (const id of good) expect([isValid(id), is(schema, id)]).toEqual([true, true])
    for (const id of bad) expect([isValid(id), is(schema, id)]).toEqual([false, false])
  })

  it('takes ids apart', () => {
    expect(parseCaip2('eip155:8453')).toEqual({ namespace: 'eip155', reference: '8453' })
    expect(parseCaip10('eip155:1:0xAb')).toEqual({ chain: 'eip155:1', address: '0xAb' })
    expect(parseCaip19('eip155:1/erc721:0xAb/771')).toEqual({
      chain: 'eip155:1',
      assetNamespace: 'erc721',
      assetReference: '0xAb',
      tokenId: '771',
    })
    expect(parseCaip19('eip155:1/slip44:60')).not.toHaveProperty('tokenId')
  })

  it('refuses what is none, without repeating it', () => {
    for (const parse of [parseCaip2, parseCaip10, parseCaip19]) {
      expect(() => parse('secret')).toThrow(InputError)
      expect(() => parse('secret')).not.toThrow(/secret/)
    }
  })
})
