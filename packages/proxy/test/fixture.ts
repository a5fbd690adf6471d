// A proxy in front of the hostile API, as most tests set it up.
import type { ProxyOptions } from '../src/index.ts'
import { CANARY, findLeak } from './leaks.ts'
import { type RawAnswer, type RequestParts, readAnswers, talk, write } from './raw-http.ts'
import type { Running, Shell } from './shells.ts'
import type { Upstream } from './upstream.ts'

/** A read whose answers are for its caller only, and one that is the same for everybody. */
export const PRIVATE = '/onebalance/api/v3/status/get-execution-status?quoteId=1'
export const PUBLIC = '/onebalance/api/assets/list'
/** Writes: one that may be sent twice, and one that may not. */
export const QUOTE = '/onebalance/api/v3/quote'
export const EXECUTE = '/onebalance/api/v3/quote/execute-quote'

export interface Fixture extends Running {
  /** The one answer to a request. Throws if there is another number of them, or if it holds the key. */
  ask(parts?: RequestParts): Promise<RawAnswer>
}

/** Starts a shell with the key, a caller for each `authorization`, and whatever else a test needs. */
export async function startProxy(shell: Shell, upstream: Upstream, options: ProxyOptions = {}): Promise<Fixture> {
  const running = await shell.start({
    apiKey: CANARY,
    baseURL: upstream.url,
    ...(upstream.url.startsWith('https:') ? { ca: upstream.ca } : { allowInsecureLoopback: true }),
    rateLimit: { points: 1_000_000 },
    log: () => {},
    ...(!options.anonymous && {
      authorize: (request) => {
        const id = request.headers.get('authorization')
        return id ? { id } : null
      },
    }),
    ...options,
  })
  return {
    ...running,
    async ask(parts = {}) {
      const bytes = await talk(running.port, write(parts))
      const leak = findLeak(bytes)
      if (leak) throw new Error(`the key is in the answer: ${leak}`)
      const [answer, ...others] = readAnswers(bytes)
      if (!answer || others.length > 0) throw new Error(`${others.length + Number(!!answer)} answers came`)
      return answer
    },
  }
}

/** The `code` of an answer in the API's shape. */
export function codeOf({ body }: RawAnswer): unknown {
  return (JSON.parse(body) as { code?: unknown }).code
}

/** Something that a test lets happen. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => {}
  const opened = new Promise<T>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** Timers that fire when a test says so. */
export function manualTimers(): {
  readonly setTimer: (ms: number, fn: () => void) => () => void
  readonly armed: Set<{ readonly ms: number; readonly fn: () => void }>
  /** Fires those of exactly so many ms. */
  fire(ms: number): void
} {
  const armed = new Set<{ readonly ms: number; readonly fn: () => void }>()
  return {
    armed,
    setTimer(ms, fn) {
      const timer = { ms, fn }
      armed.add(timer)
      return () => armed.delete(timer)
    },
    fire(ms) {
      for (const timer of [...armed])
        if (timer.ms === ms) {
          armed.delete(timer)
          timer.fn()
        }
    },
  }
}
