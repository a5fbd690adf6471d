import type { Runtime } from '@ob/core'
import type { ProxyAnswer } from './exchange.ts'
import { storeProblem } from './limits.ts'
import { problem } from './problem.ts'
import type { SharedAnswer } from './shared-answer.ts'
import { type SharedStore, StoreError } from './shared-store.ts'
import type { StoreHealth } from './store-health.ts'

/** One arrival of a request with a call id. */
export interface Arrival {
  /** Of this caller only. */
  readonly caller: string
  /** As in `x-ob-call`. */
  readonly id: string
  /** What the request is, so that another one under the same id is found out. */
  readonly digest: string
}

/** What an arrival that is not the first gets. */
export type Known =
  | { readonly kind: 'joined'; readonly shared: SharedAnswer }
  | { readonly kind: 'answered'; readonly answer: ProxyAnswer }

/** Lets each call id run once, however often it arrives: in this process, and in all that share a store. */
export interface CallIds {
  /** What is known of an id; `undefined` where this is the first arrival. */
  find(arrival: Arrival): Promise<Known | undefined>
  /** Takes the id for this arrival, and runs it; or what is known, where another one was faster. */
  run(arrival: Arrival, isOnce: boolean, start: () => SharedAnswer): Promise<Known>
}

/** How long an id and its answer are kept, ms: far longer than a platform takes to send again. */
const KEPT_FOR = 600_000
/** Ids that are kept at most. Past it new ones are refused, since a forgotten id could run twice. */
const MAX_IDS = 100_000
/** Bytes of answers that are kept at most. Past it the oldest is let go of, and its id gets 409. */
const MAX_ANSWER_BYTES = 64 * 1_048_576
/** How often the store is asked for the answer of another process, ms. */
const POLL_INTERVAL = 50

interface Entry {
  readonly digest: string
  readonly at: number
  shared: SharedAnswer | undefined
  answer: ProxyAnswer | undefined
}

/** Makes the call ids of a proxy. */
export function createCallIds({
  runtime,
  timeout,
  store,
  health,
  onStoreError,
}: {
  readonly runtime: Runtime
  /** How long an answer can take, ms. */
  readonly timeout: number
  readonly store: SharedStore | undefined
  readonly health: StoreHealth
  readonly onStoreError: 'deny' | 'allow'
}): CallIds {
  // In the order of their arrival, so the oldest is first.
  const entries = new Map<string, Entry>()
  const keyOf = ({ caller, id }: Arrival): string => `call:${caller.length}:${caller}:${id}`
  let answerBytes = 0

  const forget = (): void => {
    const oldest = runtime.now() - KEPT_FOR
    for (const [key, { at, answer }] of entries) {
      if (at > oldest) break
      answerBytes -= sizeOf(answer)
      entries.delete(key)
    }
  }
  const keep = (entry: Entry, answer: ProxyAnswer | undefined): void => {
    entry.shared = undefined
    entry.answer = answer
    answerBytes += sizeOf(answer)
    for (const old of entries.values()) {
      if (answerBytes <= MAX_ANSWER_BYTES) break
      answerBytes -= sizeOf(old.answer)
      old.answer = undefined
    }
  }
  const findHere = (key: string, digest: string): Known | undefined => {
    const entry = entries.get(key)
    if (!entry) return undefined
    if (entry.digest !== digest) return answered(otherBody())
    // An answer past what is kept can be joined no more, and is no answer to a second arrival.
    if (entry.shared?.isWhole) return { kind: 'joined', shared: entry.shared }
    return answered(entry.answer ?? lost())
  }
  const findInStore = async (key: string, digest: string): Promise<Known | undefined> => {
    if (!store) return undefined
    // The answer of a process that died will not come: its time is over when its request's is.
    for (const until = runtime.now() + timeout; ; await runtime.sleep(POLL_INTERVAL)) {
      const record = readRecord(await store.get(key))
      if (!record) return undefined
      if (record.digest !== digest) return answered(otherBody())
      if (record.answer) return answered(record.answer)
      if (record.isLost || runtime.now() >= Math.min(until, record.at + timeout)) return answered(lost())
    }
  }
  const share = async (key: string, entry: Entry, answer: ProxyAnswer | undefined): Promise<void> => {
    if (!store) return keep(entry, answer)
    try {
      const { digest, at } = entry
      await store.set(key, writeRecord({ digest, at, answer, isLost: !answer }), KEPT_FOR)
      keep(entry, answer)
      health.ok()
    } catch (error) {
      // Another process cannot have it, so nobody gets it: a caller must not depend on where it is asked.
      keep(entry, undefined)
      health.failed(error)
    }
  }

  return {
    async find(arrival) {
      forget()
      const key = keyOf(arrival)
      const here = findHere(key, arrival.digest)
      if (here || !store) return here
      try {
        return await findInStore(key, arrival.digest)
      } catch (error) {
        health.failed(error)
        return undefined
      }
    },
    async run(arrival, isOnce, start) {
      const key = keyOf(arrival)
      const { digest } = arrival
      const here = findHere(key, digest)
      if (here) return here
      if (entries.size >= MAX_IDS) return answered(storeProblem())
      const entry: Entry = { digest, at: runtime.now(), shared: undefined, answer: undefined }
      if (store) {
        const refused = await claim(store, key, entry, isOnce)
        // Another arrival may have come first here while the store was asked.
        const faster = findHere(key, digest)
        if (faster || refused) return faster ?? (refused as Known)
      }
      entries.set(key, entry)
      const shared = start()
      entry.shared = shared
      void shared.done.then((answer) => share(key, entry, answer))
      return { kind: 'joined', shared }
    },
  }

  async function claim(from: SharedStore, key: string, entry: Entry, isOnce: boolean): Promise<Known | undefined> {
    try {
      const { digest, at } = entry
      if (await from.claim(key, writeRecord({ digest, at, answer: undefined, isLost: false }), KEPT_FOR))
        return undefined
      return findHere(key, digest) ?? (await findInStore(key, digest)) ?? answered(lost())
    } catch (error) {
      health.failed(error)
      // A claim whose answer was lost may stand: only what may be sent twice goes on.
      return isOnce || onStoreError === 'deny' ? answered(storeProblem()) : undefined
    }
  }
}

function answered(answer: ProxyAnswer): Known {
  return { kind: 'answered', answer }
}

function lost(): ProxyAnswer {
  return problem(409, 'outcome_unknown', 'This request was sent before, and its answer is lost: ask what became of it.')
}

function otherBody(): ProxyAnswer {
  return problem(422, 'call_id_reused', 'Another request was sent with this call id.')
}

function sizeOf(answer: ProxyAnswer | undefined): number {
  const body = answer?.body
  return body instanceof Uint8Array ? body.length : typeof body === 'string' ? body.length * 2 : 0
}

interface StoreRecord {
  readonly digest: string
  /** When it was claimed, epoch ms. */
  readonly at: number
  readonly answer: ProxyAnswer | undefined
  readonly isLost: boolean
}

function writeRecord({ answer, ...record }: StoreRecord): string {
  const body = answer?.body instanceof Uint8Array ? new TextDecoder().decode(answer.body) : answer?.body
  return JSON.stringify({ ...record, answer: answer && { ...answer, body } })
}

function readRecord(text: string | null): StoreRecord | undefined {
  if (text === null) return undefined
  try {
    const record = JSON.parse(text) as StoreRecord
    if (typeof record.digest === 'string' && typeof record.at === 'number') return record
  } catch {
    // Said below.
  }
  throw new StoreError('the value is not a record of this proxy')
}
