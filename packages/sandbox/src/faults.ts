/** Something that goes wrong with one request. Parts can be combined. */
export interface Fault {
  /** Answered in place of the real status; the request is not processed. */
  readonly status?: number | undefined
  /** Added to the answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Answered in place of the real body; the request is not processed. An object is sent as JSON. */
  readonly body?: unknown
  /** Waits before anything else, real ms. */
  readonly latency?: number | undefined
  /** Resets the connection, before or after the request was processed. */
  readonly reset?: 'before' | 'after' | undefined
  /** Closes the connection after so many bytes of the request (0: at its first byte), or at its end; it is not processed. */
  readonly cutAfterRequestBytes?: number | undefined
  /** Processes the request and closes the connection after so many bytes of the answer, head included. */
  readonly cutAfterResponseBytes?: number | undefined
  /** Processes the request and then sends nothing (`head`), or half of the body and nothing more (`body`). */
  readonly stall?: 'head' | 'body' | undefined
  /** Answers with a redirect (`status`, or 302) to this URL; the request is not processed. */
  readonly redirect?: string | undefined
  /** Answers 200 with a JSON string of so many bytes; `true`: 200 MB. The request is not processed. */
  readonly oversize?: number | boolean | undefined
}

/** What a test sets to go wrong. */
export interface Faults {
  /** For the next request, whatever it is. Several are used in order. */
  next(fault: Fault): void
  /**
   * For an endpoint, by its value's name (`executeQuote`) or its place in the client (`quotes.execute`). @default every time
   *
   * Those with `times` come first, in order; of those without, the last one set counts.
   *
   * @throws for a name that no endpoint has
   */
  on(endpointName: string, fault: Fault, options?: { readonly times?: number | undefined }): void
  clear(): void
}

/** The faults as the server takes them. */
export interface FaultQueue extends Faults {
  take(endpointName: string | undefined): Fault | undefined
  /** The next request's fault if it is to be cut in its bytes, which must be known before its path is. */
  takeRequestCut(): number | undefined
}

export function createFaults(toName: (name: string) => string): FaultQueue {
  let queue: Fault[] = []
  const byName = new Map<string, { readonly fault: Fault; left: number }[]>()
  return {
    next: (fault) => void queue.push(fault),
    on(endpointName, fault, { times = Number.POSITIVE_INFINITY } = {}) {
      const name = toName(endpointName)
      byName.set(name, [...(byName.get(name) ?? []), { fault, left: times }])
    },
    clear() {
      queue = []
      byName.clear()
    },
    take(endpointName) {
      const next = queue.shift()
      if (next) return next
      const entries = byName.get(endpointName ?? '') ?? []
      const entry =
        entries.find(({ left }) => left > 0 && left !== Number.POSITIVE_INFINITY) ??
        entries.filter(({ left }) => left > 0).at(-1)
      if (!entry) return undefined
      entry.left -= 1
      return entry.fault
    },
    takeRequestCut() {
      if (queue[0]?.cutAfterRequestBytes === undefined) return undefined
      return queue.shift()?.cutAfterRequestBytes
    },
  }
}
