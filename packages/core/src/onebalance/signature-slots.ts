import { InputError } from '../errors/classes.ts'
import { ENTRY_POINT_V07 } from './entry-point.ts'

/** A place in a quote that a signature goes into, and what to ask for it. */
export interface SignatureSlot {
  /** Where it is: `originChainsOperations.0.userOp.signature`. */
  readonly path: string
  /** The operation that it belongs to. */
  readonly operation: string
  /** Which signer makes it. */
  readonly signer: 'evm.signTypedData' | 'evm.signUserOperation' | 'evm.signAuthorization' | 'solana.signMessage'
  /** What the signer gets. A copy, since some wallets' code changes what it signs. */
  readonly request: never
  /** The object whose `signature` it is. */
  readonly holder: Fields
}

type Fields = Record<string, unknown>

/**
 * Every signature that a quote or a prepared call asks for, in the order to make them. Source: Concepts, "Accounts"; the vendor's
 * example code.
 *
 * @throws {InputError} when the quote does not say how to sign
 */
export function findSlots(quote: Fields): SignatureSlot[] {
  const origins = Array.isArray(quote['originChainsOperations']) ? quote['originChainsOperations'] : []
  const operations: [string, unknown][] = [
    ...origins.map((operation, index): [string, unknown] => [`originChainsOperations.${index}`, operation]),
    ['destinationChainOperation', quote['destinationChainOperation']],
    ['chainOperation', quote['chainOperation']],
  ]
  return operations.flatMap(([path, operation]) => {
    if (!isFields(operation)) return []
    if (operation['type'] === 'solana') return solanaSlots(operation, path)
    if (!isFields(operation['userOp'])) return []
    const isPrepared = path === 'chainOperation'
    return [
      ...delegationSlots(operation, operation, path, path),
      // A prepared call may carry the delegation beside the operation.
      ...(isPrepared && !isFields(operation['delegation']) ? delegationSlots(quote, operation, '', path) : []),
      operationSlot(quote, operation, operation['userOp'], path),
    ]
  })
}

function solanaSlots(operation: Fields, path: string): SignatureSlot[] {
  const { dataToSign } = operation
  if (typeof dataToSign !== 'string' || dataToSign === '') return []
  return [slot(path, path, 'solana.signMessage', dataToSign, operation)]
}

function delegationSlots(parent: Fields, operation: Fields, path: string, operationPath: string): SignatureSlot[] {
  const { delegation } = parent
  if (!isFields(delegation)) return []
  const { contractAddress } = delegation
  const at = path ? `${path}.delegation` : 'delegation'
  const nonce = toNumber(delegation['nonce'])
  if (typeof contractAddress !== 'string') refuse(`${at}.contractAddress`, 'is missing')
  if (nonce === undefined) refuse(`${at}.nonce`, 'must be a whole number')
  const request = { contractAddress, chainId: chainIdOf(operation, operationPath), nonce }
  return [slot(at, operationPath, 'evm.signAuthorization', request, delegation)]
}

function operationSlot(quote: Fields, operation: Fields, userOp: Fields, path: string): SignatureSlot {
  const { typedDataToSign } = operation
  if (isRoleBased(quote)) {
    if (!isFields(typedDataToSign)) refuse(`${path}.typedDataToSign`, 'is missing, and a role-based account signs it')
    return slot(`${path}.userOp`, path, 'evm.signTypedData', typedDataToSign, userOp)
  }
  const request = { userOp, chainId: chainIdOf(operation, path), entryPoint: ENTRY_POINT_V07 }
  return slot(`${path}.userOp`, path, 'evm.signUserOperation', request, userOp)
}

/** v1 names one `account`, v3 a list of `accounts` with one of EVM at most. */
function isRoleBased(quote: Fields): boolean {
  const isList = Array.isArray(quote['accounts'])
  const accounts = (isList ? quote['accounts'] : [quote['account']]) as unknown[]
  const index = accounts.findIndex((account) => isFields(account) && account['type'] !== 'solana')
  const at = isList ? 'accounts' : 'account'
  if (index < 0) refuse(at, 'needs the EVM account whose operation is to be signed')
  const type = (accounts[index] as Fields)['type'] ?? 'role-based'
  if (type === 'role-based') return true
  if (type === 'kernel-v3.1-ecdsa' || type === 'kernel-v3.3-ecdsa') return false
  return refuse(isList ? `${at}.${index}.type` : `${at}.type`, 'is a type that this version cannot sign for')
}

/** From the domain of the data to sign, else from the asset that is spent. */
function chainIdOf(operation: Fields, path: string): number {
  const { typedDataToSign, assetType } = operation
  const domain = isFields(typedDataToSign) ? typedDataToSign['domain'] : undefined
  const [, reference] = /^eip155:(\d+)\//.exec(String(assetType)) ?? []
  const chainId = (isFields(domain) ? toNumber(domain['chainId']) : undefined) ?? toNumber(reference)
  return chainId ?? refuse(`${path}.typedDataToSign.domain.chainId`, 'is missing, and so the chain is not known')
}

/** A whole number, as JSON writes it or in digits. */
function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value ? Number(value) : Number.NaN
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

function slot(
  holderPath: string,
  operation: string,
  signer: SignatureSlot['signer'],
  request: unknown,
  holder: Fields,
): SignatureSlot {
  const own = JSON.parse(JSON.stringify(request)) as never
  return { path: `${holderPath}.signature`, operation, signer, request: own, holder }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(path: string, message: string): never {
  throw new InputError({
    message: `signQuote: ${path}: ${message}`,
    hint: 'Give signQuote the quote as the API made it.',
    issues: [{ path, message }],
  })
}
