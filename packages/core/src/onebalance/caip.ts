import { InputError } from '../errors/classes.ts'
import { checkedText } from './schemas/primitives.ts'

// The grammars of CAIP-2, CAIP-10 and CAIP-19 (https://chainagnostic.org/CAIPs), unchanged.
const CHAIN = '([-a-z0-9]{3,8}):([-_a-zA-Z0-9]{1,32})'
const CAIP2 = new RegExp(`^${CHAIN}$`)
const CAIP10 = new RegExp(`^${CHAIN}:([-.%a-zA-Z0-9]{1,128})$`)
const CAIP19 = new RegExp(`^${CHAIN}/([-a-z0-9]{3,8}):([-.%a-zA-Z0-9]{1,128})(?:/([-.%a-zA-Z0-9]{1,78}))?$`)

const CHAIN_ID = 'a CAIP-2 chain id such as eip155:8453'
const ACCOUNT_ID = 'a CAIP-10 account id: a chain id, a colon and an address, such as eip155:8453:0x…'
const ASSET_ID = 'a CAIP-19 asset id such as eip155:8453/erc20:0x…'

/** A chain id (CAIP-2) as a valibot schema: `eip155:8453`. */
export const caip2 = checkedText(isCaip2, `must be ${CHAIN_ID}`)

/** An account id (CAIP-10) as a valibot schema: `eip155:8453:0x…`. */
export const caip10 = checkedText(isCaip10, `must be ${ACCOUNT_ID}`)

/** An asset id (CAIP-19) as a valibot schema: `eip155:8453/erc20:0x…`, `eip155:1/slip44:60`. */
export const caip19 = checkedText(isCaip19, `must be ${ASSET_ID}`)

/** Whether a value is a chain id (CAIP-2). */
export function isCaip2(value: unknown): value is string {
  return typeof value === 'string' && CAIP2.test(value)
}

/** Whether a value is an account id (CAIP-10). */
export function isCaip10(value: unknown): value is string {
  return typeof value === 'string' && CAIP10.test(value)
}

/** Whether a value is an asset id (CAIP-19). */
export function isCaip19(value: unknown): value is string {
  return typeof value === 'string' && CAIP19.test(value)
}

/** The parts of a chain id (CAIP-2). */
export interface Caip2Parts {
  /** `eip155`, `solana`. */
  readonly namespace: string
  /** The chain within its namespace: `8453`. */
  readonly reference: string
}

/** The parts of an account id (CAIP-10). */
export interface Caip10Parts {
  /** CAIP-2 chain id. */
  readonly chain: string
  readonly address: string
}

/** The parts of an asset id (CAIP-19). */
export interface Caip19Parts {
  /** CAIP-2 chain id. */
  readonly chain: string
  /** What kind of asset: `erc20`, `slip44`, `token`. */
  readonly assetNamespace: string
  /** Its contract, mint or coin type. */
  readonly assetReference: string
  /** Of a non-fungible asset only. */
  readonly tokenId?: string
}

/**
 * Takes a chain id (CAIP-2) apart.
 *
 * @example
 * parseCaip2('eip155:8453') // { namespace: 'eip155', reference: '8453' }
 * @throws {InputError} when it is not one
 */
export function parseCaip2(text: string): Caip2Parts {
  const [, namespace, reference] = match(text, CAIP2, CHAIN_ID)
  return { namespace: namespace as string, reference: reference as string }
}

/**
 * Takes an account id (CAIP-10) apart.
 *
 * @throws {InputError} when it is not one
 */
export function parseCaip10(text: string): Caip10Parts {
  const [, namespace, reference, address] = match(text, CAIP10, ACCOUNT_ID)
  return { chain: `${namespace}:${reference}`, address: address as string }
}

/**
 * Takes an asset id (CAIP-19) apart.
 *
 * @throws {InputError} when it is not one
 */
export function parseCaip19(text: string): Caip19Parts {
  const [, namespace, reference, assetNamespace, assetReference, tokenId] = match(text, CAIP19, ASSET_ID)
  return {
    chain: `${namespace}:${reference}`,
    assetNamespace: assetNamespace as string,
    assetReference: assetReference as string,
    ...(tokenId !== undefined && { tokenId }),
  }
}

function match(text: unknown, pattern: RegExp, what: string): RegExpExecArray {
  const found = typeof text === 'string' ? pattern.exec(text) : null
  if (found) return found
  const message = `must be ${what}`
  throw new InputError({
    message,
    hint: 'Correct the id.',
    issues: [{ path: '', message }],
  })
}
