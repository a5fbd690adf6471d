import { type CallOptions, ConfigurationError } from '@ob/core'

type KeyHeader =
  | 'x-api-key'
  | 'X-Api-Key'
  | 'X-API-Key'
  | 'X-API-KEY'
  | 'authorization'
  | 'Authorization'
  | 'AUTHORIZATION'

/** Extra headers, none of which carries a key. Other spellings, and names that are known only at run time, are refused there. */
export type KeylessHeaders = Readonly<Record<string, string>> & { readonly [Name in KeyHeader]?: never }

/** Options of one call, as everywhere but without a header for a key. */
export interface BrowserCallOptions extends Omit<CallOptions, 'headers'> {
  /** Extra headers. */
  readonly headers?: KeylessHeaders | undefined
}

/** The same methods, whose options hold no header for a key. */
export type Keyless<T> = T extends (...args: infer Arguments) => infer Result
  ? true extends IsOptions<Arguments[number]>
    ? (...args: { [Index in keyof Arguments]: KeylessOptions<Arguments[Index]> }) => Result
    : T
  : { readonly [Name in keyof T]: Keyless<T[Name]> }

/** Whether a parameter holds the options of a call, and not an input that happens to have headers. */
type IsOptions<T> = T extends object
  ? string extends keyof T
    ? false
    : 'signal' | 'headers' extends keyof T
      ? true
      : false
  : false

type KeylessOptions<T> = T extends unknown
  ? IsOptions<T> extends true
    ? Omit<T, 'headers'> & Pick<BrowserCallOptions, 'headers'>
    : T
  : never

/** @throws {ConfigurationError} for a header that is made to carry a key */
export function refuseKeyHeaders(names: Iterable<string>, keyHeader: string): void {
  for (const written of names) {
    const name = written.toLowerCase()
    if (name === keyHeader || name === 'x-api-key' || name === 'authorization')
      refuseKey(`headers: must not hold ${name}`)
  }
}

/** @throws {ConfigurationError} always; the message never holds the value */
export function refuseKey(problem: string): never {
  throw new ConfigurationError({
    message: `${problem}: everybody who opens the page could read it`,
    hint: 'Keep the key on your server, in @ob/proxy. A session cookie can tell it who the visitor is.',
  })
}
