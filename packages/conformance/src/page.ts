// Runs the cases in a page: @ob/browser, whose requests go through @ob/proxy. The parent process calls `runInPage`.
import { type BrowserClientOptions, createCaller, createClient } from '@ob/browser'
import * as core from '@ob/core'
import { cases } from './cases/index.ts'
import { pageCases } from './cases/page-deliveries.ts'
import type { AdapterModule, Setup } from './context.ts'
import { createControl } from './control.ts'
import { type CaseResult, type Host, runCase } from './run-cases.ts'

const LACKS: NonNullable<Host['lacks']> = {
  key: 'the proxy has the key, and a page has none',
  environment: 'a page has no environment, no files and no process',
  direct: 'the proxy is what speaks to the API',
}

/** Runs one case, by its id. `setup` holds the names of keys, and no key. */
async function runInPage(id: string, setup: Setup): Promise<CaseResult> {
  const one = [...cases, ...pageCases].find((candidate) => candidate.id === id)
  if (!one) throw new Error(`no such case: ${id}`)
  const adapter = createAdapter(setup)
  return runCase(one, { runtime: 'chromium', core, adapter, setup, trustsAll: true, lacks: LACKS })
}
Object.assign(globalThis, { runInPage })

function createAdapter(setup: Setup): AdapterModule {
  const { controlURL, sandbox } = setup
  const control = createControl(controlURL)
  const toPageOptions = (options: core.ClientOptions = {}): BrowserClientOptions => {
    const inPage = {}
    const define = (name: string, get: () => unknown) =>
      Object.defineProperty(inPage, name, { enumerable: true, configurable: true, get })
    // Read when @ob/browser reads them, so that a case can tell how often that is.
    for (const name of Object.keys(options) as (keyof core.ClientOptions)[])
      if (!NOT_IN_A_PAGE.has(name)) define(name, () => options[name])
    if ('baseURL' in options) define('proxyURL', () => toProxyURL(options))
    const { runtime } = options
    if (runtime?.sleep) define('runtime', () => ({ ...runtime, sleep: sleepOnBothSides(runtime.sleep) }))
    return inPage as BrowserClientOptions
  }
  const toProxyURL = ({ baseURL, apiKey }: core.ClientOptions) =>
    baseURL === sandbox.url ? `${sandbox.url}/${keyName(apiKey, sandbox.keys)}` : baseURL
  /** Who sleeps by moving a clock moves the proxy's as well, which waits for the same limits. */
  const sleepOnBothSides = (sleep: core.Runtime['sleep'] | undefined) => async (ms: number, signal?: AbortSignal) => {
    if (ms > 0) await control.advanceProxies(ms)
    await sleep?.(ms, signal)
  }
  return {
    createClient: (options) => createClient(toPageOptions(options)) as unknown as core.Client,
    createCaller: (options) => createCaller(toPageOptions(options)) as unknown as core.Caller,
  }
}

/** Options of a client on a server that @ob/browser has not, has by another name or has of itself. */
const NOT_IN_A_PAGE = new Set(['apiKey', 'baseURL', 'ca', 'allowInsecureLoopback', 'userAgent'])

/** Which of the proxies before the sandbox: the one that has this key. */
function keyName(apiKey: unknown, { full, readOnly, expired }: Setup['sandbox']['keys']): string {
  if (apiKey === core.PUBLIC_TESTING_KEY) return 'testing'
  return [full, readOnly, expired].find((name) => name === apiKey) ?? 'unknown'
}
