// What every proxy of the bench is told, and what it answers.

/** The first argument of a proxy's program, as JSON. */
export interface ProxyOrder {
  /** Scheme, host and port of the upstream. */
  readonly upstream: string
  /** In front of the API's paths upstream. */
  readonly prefix: '/small' | '/large'
  readonly key: string
  /** Keep answers as the contract says. Only ours can. */
  readonly isCached: boolean
}

/** Reads the order of this process. */
export function readOrder(): ProxyOrder {
  return JSON.parse(process.argv[2] as string) as ProxyOrder
}

/** Tells the bench where the proxy listens. The process ends with the bench. */
export function announce(port: number): void {
  process.stdin.resume().on('end', () => process.exit())
  process.stdout.write(`${JSON.stringify({ port })}\n`)
}

/** Where every proxy is mounted. */
export const MOUNT = '/onebalance'
/** What a visitor sends to be let in. */
export const VISITOR = 'Bearer visitor-1'
