import type * as core from '@ob/core'
import type { Control } from './control.ts'
import type { Server, ServerOptions } from './server.ts'

/** Where the suite runs. Every Node.js version counts as `node`; `chromium` is a page, whose requests go through `@ob/proxy`. */
export type RuntimeName = 'node' | 'deno' | 'bun' | 'workerd' | 'chromium'

/**
 * What is asked of an adapter; `@ob/node`, `@ob/deno` and `@ob/bun` are used by these names and no others. In a page `baseURL` is the
 * `proxyURL` of `@ob/browser`, and what a page has no option for is left out.
 */
export interface AdapterModule {
  readonly createClient: (options?: core.ClientOptions) => core.Client
  readonly createCaller: (options?: core.ClientOptions) => core.Caller
  readonly createTransport?: (options?: core.ClientOptions) => core.Transport | core.Fetch
  readonly envKey?: (name?: string) => core.KeyFunction
  readonly fileKey?: (path: string) => core.KeyFunction
}

/** What the parent process tells a runtime's run. */
export interface Setup {
  readonly controlURL: string
  /** PEM of the authority behind the fault servers. */
  readonly ca: string
  readonly sandbox: {
    readonly url: string
    readonly ca: string
    readonly keys: { readonly full: string; readonly readOnly: string; readonly expired: string }
  }
  /** A file that holds `keys.full` and a line break. */
  readonly keyFile: string
  /** The fault scripts to play, from the first seed on. */
  readonly scripts: { readonly first: number; readonly count: number }
}

/** What a case is given. All that it opens is closed after it. */
export interface Context {
  readonly runtime: RuntimeName
  /** `20`, `2`, `1`: major version, where the runtime tells it. */
  readonly core: typeof core
  readonly adapter: AdapterModule
  readonly setup: Setup
  readonly control: Control
  /** The most that this runtime can show of a value: hidden fields, getters, all depths. */
  readonly inspect: ((value: unknown) => string) | undefined
  /** A client of the adapter that trusts the fault servers, has `CANARY` for a key and waits no time between retries. */
  client(options: core.ClientOptions): core.Client
  /** The same as a caller. */
  caller(options: core.ClientOptions): core.Caller
  /** A client of the sandbox, with its full key. */
  sandboxClient(options?: core.ClientOptions): core.Client
  /** Options that make this runtime trust a certificate; empty where that is set for the whole process. */
  trust(ca: string): Pick<core.ClientOptions, 'ca'>
  server(options?: ServerOptions): Promise<Server>
  /** Begins a part of a long case: it has the time of a case for itself, and what fails in it bears its name. */
  begin(part: string): void
}

/**
 * The key of every case that does not say otherwise. Random, so that no piece of it is found by chance. In a page it only stands for
 * the key that the proxy has, which the page must not see: the parent process puts one in for the other on the way.
 */
export const CANARY = 'k7Qz2vXw9RtLm4Np8sYc3HdJ6fBgTqUe'

/** A platform limit that makes a case fail, and where the platform says so. The run fails when the case passes all the same. */
export interface Limit {
  readonly why: string
  readonly link: string
  /** The case cannot even be tried. @default false */
  readonly cannotRun?: true
}

/** What a case is about, where not every runtime has it: a key, an environment, or the way to the API without a proxy between. */
export type Need = 'key' | 'environment' | 'direct'

/** One case: it passes when `run` resolves. */
export interface Case {
  /** Unique. Public ones begin as in the list of hazards: `U1`, `K4`, `R16`. */
  readonly id: string
  readonly title: string
  readonly group: string
  readonly run: (context: Context) => unknown
  readonly limits?: { readonly [Name in RuntimeName]?: Limit }
  /** Where the runtime lacks it, the case does not apply. */
  readonly needs?: Need
}

/** Makes a list of cases of one group. */
export function group(name: string, cases: readonly Omit<Case, 'group'>[]): Case[] {
  return cases.map((one) => ({ ...one, group: name }))
}
