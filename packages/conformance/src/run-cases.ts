import type * as core from '@ob/core'
import {
  type AdapterModule,
  CANARY,
  type Case,
  type Context,
  type Need,
  type RuntimeName,
  type Setup,
} from './context.ts'
import { createControl } from './control.ts'
import type { Server } from './server.ts'

/** What became of one case. */
export interface CaseResult {
  readonly id: string
  /** `none`: it does not apply there. */
  readonly status: 'passed' | 'failed' | 'limited' | 'none'
  readonly ms: number
  /** Why it failed or does not apply, or what the platform cannot. */
  readonly note?: string
}

/** What differs between the runtimes' runners. */
export interface Host {
  readonly runtime: RuntimeName
  readonly core: typeof core
  readonly adapter: AdapterModule
  readonly setup: Setup
  readonly inspect?: (value: unknown) => string
  /** Certificates are trusted by the whole process. */
  readonly trustsAll?: true
  /** What this runtime lacks, and why: cases that need it do not apply. */
  readonly lacks?: { readonly [Name in Need]?: string }
}

/** No case, and no part of a long one, takes longer; one that does hangs. */
const CASE_TIMEOUT = 15_000

/** Runs one case and takes down what it opened. */
export async function runCase(one: Case, host: Host): Promise<CaseResult> {
  const limit = one.limits?.[host.runtime]
  const startedAt = Date.now()
  const finish = (status: CaseResult['status'], note?: string): CaseResult => ({
    id: one.id,
    status,
    ms: Date.now() - startedAt,
    ...(note !== undefined && { note }),
  })
  const missing = one.needs && host.lacks?.[one.needs]
  if (missing) return finish('none', missing)
  const limited = `${limit?.why} (${limit?.link})`
  if (limit?.cannotRun) return finish('limited', limited)
  const failure = await tryCase(one, host)
  if (limit) {
    return failure === undefined
      ? finish('failed', `it passes: the limit is gone, remove it: ${limited}`)
      : finish('limited', limited)
  }
  return failure === undefined ? finish('passed') : finish('failed', failure)
}

async function tryCase(one: Case, host: Host): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let place = ''
  let onHang = (_: Error): void => {}
  const begin = (part: string): void => {
    clearTimeout(timer)
    place = part && `${part}: `
    timer = setTimeout(() => onHang(new Error(`it hangs: not over after ${CASE_TIMEOUT} ms`)), CASE_TIMEOUT)
  }
  const { context, cleanUp } = createContext(host, begin)
  try {
    const hang = new Promise((_, reject) => {
      onHang = reject
    })
    begin('')
    await Promise.race([one.run(context), hang])
    return undefined
  } catch (error) {
    return `${place}${error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error)}`
  } finally {
    clearTimeout(timer)
    await cleanUp()
  }
}

function createContext(host: Host, begin: Context['begin']): { context: Context; cleanUp: () => Promise<void> } {
  const { adapter, setup } = host
  const control = createControl(setup.controlURL)
  const servers: Server[] = []
  const closers: (() => Promise<void>)[] = []
  let usesSandbox = false
  const kept = <T extends { close(): Promise<void> }>(closable: T): T => {
    closers.push(() => closable.close())
    return closable
  }
  const trust = (ca: string) => (host.trustsAll ? {} : { ca })
  const defaults = (options: core.ClientOptions): core.ClientOptions => ({
    apiKey: CANARY,
    timeout: 5_000,
    ...(options.fetch === undefined && trust(setup.ca)),
    ...options,
    retry: options.retry === false ? false : { baseDelay: 0, maxDelay: 0, ...options.retry },
  })
  const context: Context = {
    runtime: host.runtime,
    core: host.core,
    adapter,
    setup,
    control,
    inspect: host.inspect,
    trust,
    client: (options) => kept(adapter.createClient(defaults(options))),
    caller: (options) => kept(adapter.createCaller(defaults(options))),
    sandboxClient(options = {}) {
      usesSandbox = true
      const { url, ca, keys } = setup.sandbox
      return kept(
        adapter.createClient({
          apiKey: keys.full,
          baseURL: url,
          timeout: 5_000,
          ...trust(ca),
          ...options,
          retry: options.retry ?? { baseDelay: 0 },
        }),
      )
    },
    begin,
    async server(options = {}) {
      const server = await control.open(options)
      servers.push(server)
      return server
    },
  }
  return {
    context,
    async cleanUp() {
      await Promise.all(closers.map((close) => close().catch(() => {})))
      await Promise.all(servers.map((server) => control.close(server)))
      if (usesSandbox) await control.clearFaults()
    },
  }
}
