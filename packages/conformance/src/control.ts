import type { Server, ServerLog, ServerOptions, WayBack } from './server.ts'

/** A fault of the sandbox. */
export interface SandboxFault {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly latency?: number
  readonly reset?: 'before' | 'after'
  readonly stall?: 'head' | 'body'
  readonly redirect?: string
  readonly cutAfterResponseBytes?: number
}

/** One request as the sandbox saw it. */
export interface SandboxRequest {
  readonly method: string
  readonly path: string
  readonly endpoint?: string
  readonly keyFingerprint?: string
  readonly status?: number
  readonly at: number
}

/** The parent process: it owns the sandbox and the fault servers. */
export interface Control {
  open(options: ServerOptions): Promise<Server>
  close(server: Server): Promise<void>
  /** A fault for the next request, or for the next `times` requests of one endpoint. */
  fault(fault: SandboxFault, endpoint?: string, times?: number): Promise<void>
  clearFaults(): Promise<void>
  advance(ms: number): Promise<void>
  now(): Promise<number>
  /** How often the sandbox executed a quote. */
  executed(quoteId: string): Promise<number>
  requestCount(): Promise<number>
  /** The sandbox's requests since a count of them. */
  requests(from: number): Promise<SandboxRequest[]>
  revoke(key: string): Promise<void>
  /** In a page: moves the clock of the proxies. */
  advanceProxies(ms: number): Promise<void>
  /** In a page: what becomes of the next answers of the proxy before the sandbox. */
  breakWayBack(wayBack: readonly WayBack[]): Promise<void>
  /** Runs one of src/programs in this runtime, in a process of its own. */
  program(name: string, env?: Readonly<Record<string, string>>): Promise<{ code: number; output: string }>
}

/** Speaks to the parent by the runtime's own fetch. */
export function createControl(url: string): Control {
  const ask = async <T>(op: string, input: object = {}): Promise<T> => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ op, ...input }) })
    const output = await response.json()
    if (!response.ok) throw new Error(`control ${op}: ${output}`)
    return output as T
  }
  return {
    async open(options) {
      const { port, proxyURL } = await ask<{ port: number; proxyURL?: string }>('open', { options })
      const origin = `${options.kind === 'http' ? 'http://127.0.0.1' : 'https://localhost'}:${port}`
      return { url: proxyURL ?? origin, origin, port, log: () => ask<ServerLog>('log', { port }) }
    },
    close: ({ port }) => ask('close', { port }),
    fault: (fault, endpoint, times) => ask('fault', { fault, endpoint, times }),
    clearFaults: () => ask('clearFaults'),
    advance: (ms) => ask('advance', { ms }),
    now: () => ask('now'),
    executed: (quoteId) => ask('executed', { quoteId }),
    requestCount: () => ask('requestCount'),
    requests: (from) => ask('requests', { from }),
    revoke: (key) => ask('revoke', { key }),
    advanceProxies: (ms) => ask('advanceProxies', { ms }),
    breakWayBack: (wayBack) => ask('breakWayBack', { wayBack }),
    program: (name, env) => ask('program', { name, env }),
  }
}
