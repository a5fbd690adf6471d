import type { Runtime } from '@ob/core'
import { concat } from '@ob/core/engine'
import { isPieces, memoryOf, type ProxyAnswer } from './exchange.ts'
import { storeProblem } from './limits.ts'
import { problem, retryAfter } from './problem.ts'
import type { SharedAnswer } from './shared-answer.ts'
import { type SharedStore, StoreValueError } from './shared-store.ts'
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

/** What an arrival gets. */
export type Known = (
  | { readonly kind: 'joined'; readonly shared: SharedAnswer }
  | { readonly kind: 'answered'; readonly answer: ProxyAnswer }
) & {
  /** Whether another arrival was the first. */
  readonly isCopy: boolean
}

/** Lets each call id run once, however often it arrives: in this process, and in all that share a store. */
export interface CallIds {
  /**
   * Takes the id for this arrival, and runs it; or gives what is known, where it is not the first.
   *
   * @param start runs it
   * @param admit asked once the id is taken, so that a copy is never refused what the first is allowed; its answer refuses the request
   */
  run(
    arrival: Arrival,
    isOnce: boolean,
    start: () => SharedAnswer,
    admit: () => Promise<ProxyAnswer | undefined>,
  ): Promise<Known>
}

/** How long an id is kept after its answer, ms: far longer than a platform takes to send again. */
const KEPT_FOR = 600_000
/** How long it is kept where it was refused, ms: it never ran, so it may be forgotten. */
const REFUSED_FOR = 10_000
/**
 * Ids that are kept at most. Past it new ones are refused, since a forgotten id could run twice. Requests that may be sent twice get half,
 * so that they leave room for those that may not.
 */
const MAX_IDS = 100_000
/** Bytes of answers that are kept at most. Past it the oldest is let go of, and its id gets 409. */
const MAX_ANSWER_BYTES = 64 * 1_048_576
/** How often the store is asked for the answer of another process, ms. */
const POLL_INTERVAL = 50

interface Entry {
  readonly digest: string
  /** When it was taken, then when it was answered; epoch ms. */
  at: number
  /** Until it is known whether it runs here. */
  first: Promise<Known> | undefined
  /** While it is answered. */
  shared: SharedAnswer | undefined
  answer: ProxyAnswer | undefined
  /** Whether the other processes know of it. */
  isClaimed: boolean
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
  // Answered ones in the order of their answers, the oldest first; those under way are anywhere among them.
  const entries = new Map<string, Entry>()
  // Those that hold an answer, the oldest first.
  const answers = new Set<Entry>()
  let answerBytes = 0
  // An answer may wait for its turn at the gate and for the key, and is asked for again where the key has changed.
  const claimedFor = KEPT_FOR + 4 * timeout

  const forget = (): void => {
    const oldest = runtime.now() - KEPT_FOR
    for (const [key, entry] of entries) {
      if (entry.at > oldest) break
      if (entry.first || entry.shared) continue
      dropAnswer(entry)
      entries.delete(key)
    }
  }
  const dropAnswer = (entry: Entry): void => {
    if (!answers.delete(entry)) return
    answerBytes -= memoryOf(entry.answer?.body ?? null)
    entry.answer = undefined
  }
  const keep = (key: string, entry: Entry, answer: ProxyAnswer | undefined): void => {
    entry.shared = undefined
    entry.answer = answer
    entry.at = runtime.now()
    entries.delete(key)
    entries.set(key, entry)
    if (!answer) return
    answers.add(entry)
    answerBytes += memoryOf(answer.body)
    for (const old of answers) {
      if (answerBytes <= MAX_ANSWER_BYTES) break
      dropAnswer(old)
    }
  }
  const findHere = (key: string, digest: string): Known | Promise<Known> | undefined => {
    const entry = entries.get(key)
    if (!entry) return undefined
    if (entry.digest !== digest) return copied(otherBody())
    // An answer past what is kept can be joined no more, and is no answer to a second arrival.
    if (entry.shared?.isWhole) return { kind: 'joined', shared: entry.shared, isCopy: true }
    return entry.first?.then((known) => ({ ...known, isCopy: true })) ?? copied(entry.answer ?? lost())
  }
  /** The answer of the process that has the id. It is not this one, and a record that is gone says no more than that. */
  const waitForOther = async (from: SharedStore, key: string, digest: string): Promise<Known> => {
    // The answer of a process that died will not come: its time is over when its request's is.
    for (const until = runtime.now() + timeout; ; await runtime.sleep(POLL_INTERVAL)) {
      const record = readRecord(await from.get(key))
      if (!record) return copied(lost())
      if (record.digest !== digest) return copied(otherBody())
      if (record.answer) return copied(record.answer)
      if (record.isLost || runtime.now() >= Math.min(until, record.at + timeout)) return copied(lost())
    }
  }
  /** Takes the id among all processes; what the arrival gets where it may not run. */
  const claim = async (from: SharedStore, key: string, entry: Entry, isOnce: boolean): Promise<Known | undefined> => {
    let isTaken = false
    try {
      const { digest, at } = entry
      entry.isClaimed = await from.claim(key, writeRecord({ digest, at, answer: undefined, isLost: false }), claimedFor)
      if (entry.isClaimed) return undefined
      isTaken = true
      return await waitForOther(from, key, digest)
    } catch (error) {
      health.failed(error)
      // A claim whose answer was lost may stand: only what may be sent twice goes on.
      if (!isOnce && onStoreError === 'allow') return undefined
      return answered(isOnce && isTaken && !(error instanceof StoreValueError) ? lost() : storeProblem())
    }
  }
  const tell = async (key: string, entry: Entry, answer: ProxyAnswer | undefined, ms: number): Promise<boolean> => {
    const { digest, at } = entry
    try {
      await store?.set(key, writeRecord({ digest, at, answer, isLost: !answer }), ms)
      if (store) health.ok()
      return true
    } catch (error) {
      health.failed(error)
      return false
    }
  }
  const begin = async (
    key: string,
    entry: Entry,
    isOnce: boolean,
    start: () => SharedAnswer,
    admit: () => Promise<ProxyAnswer | undefined>,
  ): Promise<Known> => {
    let refused = store && (await claim(store, key, entry, isOnce))
    if (!refused) {
      const answer = await admit()
      if (answer) {
        if (entry.isClaimed) void tell(key, entry, answer, REFUSED_FOR)
        refused = answered(answer)
      }
    }
    entry.first = undefined
    if (refused) {
      entries.delete(key)
      return refused
    }
    const shared = start()
    entry.shared = shared
    void shared.done.then(async (whole) => {
      const answer = whole?.()
      // What other processes cannot have, nobody gets: a caller must not depend on where it is asked.
      const isTold = !entry.isClaimed || (await tell(key, entry, answer, KEPT_FOR))
      keep(key, entry, isTold ? answer : undefined)
    })
    return { kind: 'joined', shared, isCopy: false }
  }

  return {
    async run({ caller, id, digest }, isOnce, start, admit) {
      forget()
      const key = keyOf(caller, id)
      const here = findHere(key, digest)
      if (here) return here
      if (entries.size >= (isOnce ? MAX_IDS : MAX_IDS / 2)) return answered(full())
      const entry: Entry = {
        digest,
        at: runtime.now(),
        first: undefined,
        shared: undefined,
        answer: undefined,
        isClaimed: false,
      }
      entries.set(key, entry)
      entry.first = begin(key, entry, isOnce, start, admit)
      return entry.first
    },
  }
}

function keyOf(caller: string, id: string): string {
  return `call:${caller.length}:${caller}:${id}`
}

function answered(answer: ProxyAnswer): Known {
  return { kind: 'answered', answer, isCopy: false }
}

function copied(answer: ProxyAnswer): Known {
  return { kind: 'answered', answer, isCopy: true }
}

function lost(): ProxyAnswer {
  return problem(409, 'outcome_unknown', 'This request was sent before, and its answer is lost: ask what became of it.')
}

function otherBody(): ProxyAnswer {
  return problem(422, 'call_id_reused', 'Another request was sent with this call id.')
}

function full(): ProxyAnswer {
  return problem(503, 'overloaded', 'The proxy keeps too many call ids. Nothing was sent.', retryAfter(1_000))
}

interface StoreRecord {
  readonly digest: string
  /** When it was claimed, epoch ms. */
  readonly at: number
  readonly answer: ProxyAnswer | undefined
  readonly isLost: boolean
}

function writeRecord({ answer, ...record }: StoreRecord): string {
  const body =
    answer && isPieces(answer.body)
      ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(concat(answer.body))
      : answer?.body
  return JSON.stringify({ ...record, answer: answer && { ...answer, body } })
}

function readRecord(text: string | null): StoreRecord | undefined {
  if (text === null) return undefined
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch {
    // Said below.
  }
  if (!isRecord(record)) throw new StoreValueError('it is not a record of a call id')
  return record
}

/** What is not as we wrote it must not become an answer. */
function isRecord(value: unknown): value is StoreRecord {
  if (typeof value !== 'object' || value === null) return false
  const { digest, at, answer, isLost } = value as Partial<StoreRecord>
  return (
    typeof digest === 'string' &&
    typeof at === 'number' &&
    typeof isLost === 'boolean' &&
    (answer === undefined || isAnswer(answer))
  )
}

function isAnswer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { status, headers, body } = value as Partial<ProxyAnswer>
  return (
    Number.isInteger(status) &&
    (status as number) >= 200 &&
    (status as number) <= 599 &&
    (body === null || typeof body === 'string') &&
    typeof headers === 'object' &&
    headers !== null &&
    Object.entries(headers).every(([name, text]) => /^[a-z\d-]+$/.test(name) && /^[\x20-\x7e]*$/.test(String(text)))
  )
}
