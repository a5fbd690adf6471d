import { getEventListeners } from 'node:events'
import { createSecureContext } from 'node:tls'
import { type Client, isOneBalanceError, type OneBalanceError, type Quote, signQuote } from '@ob/core'
import { type Sandbox, type Fault as SandboxFault, startSandbox } from '@ob/sandbox'
import { expect } from 'vitest'
import { createClient, type NodeClientOptions } from '../../src/index.ts'
import { createAuthority } from './certificates.ts'
import { type Front, type Script, startFront } from './fault-front.ts'
import { createTestRuntime, type TestRuntime } from './test-runtime.ts'

/** The two ways to execute a quote. */
export const FLOWS = ['execute', 'executeAndWait'] as const
export type FlowName = (typeof FLOWS)[number]

/** What a case sets up. */
export interface Case {
  readonly flow: FlowName
  /** Faults of the connections in turn, between client and sandbox. Without one, the client talks to the sandbox itself. */
  readonly script?: Script
  /** What the sandbox itself does wrong with the execution. */
  readonly fault?: SandboxFault
  /** Makes one request first, so that the execution meets a connection that has been used. */
  readonly isWarm?: boolean
  readonly options?: Omit<NodeClientOptions, 'api'>
  /** Runs once the call has begun. */
  readonly during?: (controls: Controls) => void | Promise<void>
}

/** What a case can do while the call is under way. */
export interface Controls {
  readonly runtime: TestRuntime
  readonly front: Front | undefined
  abort(): void
  isSettled(): boolean
}

/** What came of a case. */
export interface Verdict {
  readonly quoteId: string
  readonly executed: number
  readonly error: OneBalanceError | undefined
  readonly value: unknown
  readonly connections: number
  /** Attempts of the execution itself, where it failed. */
  readonly attempts: number | undefined
}

/** A sandbox that counts, and clients that fail in front of it. One case at a time, since they share its clock. */
export interface Bench {
  readonly sandbox: Sandbox
  run(one: Case): Promise<Verdict>
  /** A signed quote that can be executed. */
  createQuote(): Promise<Quote>
  connect(options?: Omit<NodeClientOptions, 'api'>): Client
  /** Bytes of an execution's request and answer on the wire. */
  measure(): Promise<{ readonly request: number; readonly response: number }>
  /** Fails if any quote of any case ran twice, also one that ran late. */
  checkAll(): void
  close(): Promise<void>
}

/** A case that has not ended after so long, real ms, hangs: nothing in it waits for real time. */
const HANG = 10_000
export const ABORT_REASON = new Error('the user went away')
const SESSION = '0x1111111111111111111111111111111111111111'
const ADMIN = '0x3333333333333333333333333333333333333333'
const ACCOUNT = '0x2222222222222222222222222222222222222222'

export async function createBench(): Promise<Bench> {
  const sandbox = await startSandbox({ limits: { perMinute: 1_000_000_000 } })
  const authority = await createAuthority()
  const context = createSecureContext(await authority.issue())
  const upstream = { port: Number(new URL(sandbox.url).port), ca: sandbox.ca }
  const common = { apiKey: sandbox.keys.full, ca: [sandbox.ca, authority.ca] }
  const connect = (options: Omit<NodeClientOptions, 'api'> = {}) =>
    createClient({ ...common, baseURL: sandbox.url, ...options })
  const plain = connect({ runtime: sandbox.clock })
  const verdicts: Verdict[] = []

  async function createQuote(): Promise<Quote> {
    const quote = await plain.quotes.create({
      from: {
        accounts: [{ type: 'role-based', sessionAddress: SESSION, adminAddress: ADMIN, accountAddress: ACCOUNT }],
        asset: { assetId: 'ob:usdc' },
        amount: '1',
      },
      to: { asset: { assetId: 'ob:eth' } },
    })
    return signQuote(quote, { evm: { signTypedData: () => '0x01ff', signUserOperation: () => '0x01ff' } })
  }

  async function run({ flow, script, fault, isWarm, options, during }: Case): Promise<Verdict> {
    const front = script && (await startFront(upstream, context, script))
    const runtime = createTestRuntime(sandbox.clock)
    const controller = new AbortController()
    const client = connect({ baseURL: front?.url ?? sandbox.url, runtime, ...options })
    if (isWarm) {
      await client.assets.list()
      await nextTurn()
    }
    const quote = await createQuote()
    if (fault) sandbox.faults.next(fault)
    const { signal } = controller
    const call =
      flow === 'execute'
        ? client.quotes.execute(quote, { signal })
        : client.quotes.executeAndWait(quote, { signal, interval: { initial: 4_000, max: 20_000 } })
    let isSettled = false
    const settled = settle(call).finally(() => {
      isSettled = true
    })
    await during?.({
      runtime,
      front,
      abort: () => controller.abort(ABORT_REASON),
      isSettled: () => isSettled,
    })
    const { value, error } = await notHanging('the call', settled)
    expect({ pendingTimers: runtime.pending, listeners: getEventListeners(controller.signal, 'abort') }).toEqual({
      pendingTimers: 0,
      listeners: [],
    })
    await notHanging('client.close()', client.close())
    if (front) await notHanging('the front', front.close())
    const verdict = {
      quoteId: quote.id,
      executed: sandbox.executed.get(quote.id) ?? 0,
      error,
      value,
      connections: front?.connections ?? 0,
      attempts: error?.attempts.length,
    }
    verdicts.push(verdict)
    checkVerdict(verdict)
    return verdict
  }

  return {
    sandbox,
    run,
    createQuote,
    connect,
    async measure() {
      const front = await startFront(upstream, context, [])
      const client = connect({ baseURL: front.url })
      await client.quotes.execute(await createQuote())
      await client.close()
      await front.close()
      return front.bytes
    },
    checkAll() {
      const twice = [...sandbox.executed].filter(([, times]) => times > 1)
      expect(twice).toEqual([])
      for (const verdict of verdicts) checkVerdict({ ...verdict, executed: sandbox.executed.get(verdict.quoteId) ?? 0 })
    },
    async close() {
      await plain.close()
      await sandbox.close()
    },
  }
}

/** What must hold whatever the fault was. */
function checkVerdict({ quoteId, executed, error, value }: Verdict): void {
  expect(executed, 'times that the quote ran').toBeLessThanOrEqual(1)
  if (!error) {
    expect(value).toBeTypeOf('object')
    expect(executed, 'a call that succeeds has run').toBe(1)
    return
  }
  expect(error.quoteId).toBe(quoteId)
  if (executed > 0)
    expect(['unknown', 'accepted'], `${error.message}: outcome of a quote that ran`).toContain(error.outcome)
  else expect(error.outcome, `${error.message}: outcome of a quote that did not run`).not.toBe('accepted')
  if (error.code === 'outcome_unknown') {
    expect(error.outcome).toBe('unknown')
    expect(error.retryable).toBe(false)
    expect(isOneBalanceError(error.cause)).toBe(true)
  }
  if (error.code === 'aborted') expect(error.cause).toBe(ABORT_REASON)
  for (const { startedAt, durationMs } of error.attempts)
    expect(Number.isFinite(startedAt) && durationMs >= 0, 'each attempt is recorded').toBe(true)
  if (error.code !== 'aborted') expect(error.hint).not.toBe('')
}

async function settle(call: Promise<unknown>): Promise<{ value?: unknown; error?: OneBalanceError }> {
  try {
    return { value: await call }
  } catch (error) {
    if (!isOneBalanceError(error)) throw error
    return { error }
  }
}

async function notHanging<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const guard = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), HANG)
  })
  return Promise.race([promise, guard]).finally(() => clearTimeout(timer))
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
