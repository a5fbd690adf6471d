// Call ids by themselves, with an injected clock: each id runs once, in memory and through a store.
import type { Runtime } from '@ob/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Arrival, type CallIds, createCallIds, type Known } from '../src/call-ids.ts'
import type { ProxyAnswer } from '../src/exchange.ts'
import { problem } from '../src/problem.ts'
import { type SharedAnswer, shareAnswer } from '../src/shared-answer.ts'
import { type SharedStore, StoreError } from '../src/shared-store.ts'

const TIMEOUT = 200
const runs = process.env['OB_LONG'] ? 20_000 : 1_000

describe('in memory', () => {
  it('runs an id once, and gives its answer to a copy that comes meanwhile, and to one that comes later', async () => {
    const { callIds, clock, start } = createWorld()
    const first = callIds.run(arrive('a'), true, start('a'))
    const second = callIds.run(arrive('a'), true, start('a'))
    expect(await Promise.all([first, second].map(read))).toEqual(['ran a', 'ran a'])
    clock.now += 599_999
    expect(await read(callIds.run(arrive('a'), true, start('a')))).toBe('ran a')
    expect(start.count('a')).toBe(1)
  })

  it('refuses another request under the same id, under way and answered', async () => {
    const { callIds, start } = createWorld()
    const first = callIds.run(arrive('a'), true, start('a'))
    expect(await read(callIds.run(arrive('a', { digest: 'other' }), true, start('a')))).toBe(422)
    await read(first)
    expect(await read(callIds.run(arrive('a', { digest: 'other' }), true, start('a')))).toBe(422)
    expect(start.count('a')).toBe(1)
  })

  it('keeps callers apart, whatever they are called', async () => {
    const { callIds, start } = createWorld()
    for (const [caller, id] of [
      ['u', '1:x'],
      ['u:1', 'x'],
      ['u:', '1x'],
    ] as const)
      await read(callIds.run(arrive(id, { caller }), true, start('each')))
    expect(start.count('each')).toBe(3)
  })

  it('forgets an id 10 minutes after its answer, and never while it is under way', async () => {
    const { callIds, clock, start } = createWorld()
    let end = (): void => {}
    const until = new Promise<void>((resolve) => {
      end = resolve
    })
    const running = callIds.run(arrive('slow'), true, start('slow', until))
    await read(callIds.run(arrive('quick'), true, start('quick')))
    clock.now += 600_001
    const copy = callIds.run(arrive('slow'), true, start('slow'))
    end()
    expect(await read(running)).toBe('ran slow')
    expect(await read(copy)).toBe('ran slow')
    clock.now += 599_999
    expect(await read(callIds.run(arrive('slow'), true, start('slow')))).toBe('ran slow')
    expect(start.count('slow')).toBe(1)
    await read(callIds.run(arrive('quick'), true, start('quick')))
    expect(start.count('quick')).toBe(2)
  })

  it('admits an id once: a copy is not refused what the first was allowed', async () => {
    const { callIds, start } = createWorld()
    let left = 1
    const admit = async (): Promise<ProxyAnswer | undefined> => (left-- > 0 ? undefined : problem(429, 'x', 'x'))
    const arrivals = [1, 2, 3].map(() => callIds.run(arrive('a'), true, start('a'), admit))
    expect(await Promise.all(arrivals.map(read))).toEqual(['ran a', 'ran a', 'ran a'])
    expect(await read(callIds.run(arrive('b'), true, start('b'), admit))).toBe(429)
    expect([start.count('a'), start.count('b')]).toEqual([1, 0])
  })

  it('keeps no id that was refused, so a caller over the limit fills nothing', async () => {
    const { callIds, start } = createWorld()
    const refuse = async (): Promise<ProxyAnswer> => problem(429, 'x', 'x')
    for (let n = 0; n < 100_001; n += 1) await callIds.run(arrive(`${n}`), true, start('x'), refuse)
    expect(await read(callIds.run(arrive('next'), true, start('next')))).toBe('ran next')
  })

  it('is bounded: past 100,000 ids new ones are refused and old ones still known, and half is for what runs once', async () => {
    const { callIds, clock, start } = createWorld()
    for (let n = 0; n < 50_000; n += 1) await callIds.run(arrive(`quote ${n}`), false, start('quote'))
    expect(await read(callIds.run(arrive('quote'), false, start('quote')))).toBe(503)
    for (let n = 0; n < 50_000; n += 1) await callIds.run(arrive(`${n}`), true, start('fill'))
    expect(await read(callIds.run(arrive('one more'), true, start('fill')))).toBe(503)
    expect(await read(callIds.run(arrive('0'), true, start('fill')))).toBe('ran fill')
    expect([start.count('quote'), start.count('fill')]).toEqual([50_000, 50_000])
    clock.now += 600_001
    expect(await read(callIds.run(arrive('one more'), true, start('later')))).toBe('ran later')
  })

  it('keeps 64 MiB of answers: the oldest is let go of, and its id gets 409, not a second run', async () => {
    const { callIds, start } = createWorld()
    const mebibyte = new Uint8Array(1_048_576)
    for (let n = 0; n < 66; n += 1) {
      const known = await callIds.run(arrive(`${n}`), true, start('big', undefined, mebibyte))
      if (known.kind === 'joined') await known.shared.done
    }
    const later = await Promise.all(
      ['0', '1', '2', '65'].map((id) => callIds.run(arrive(id), true, start('big', undefined, mebibyte))),
    )
    const statuses = later.map((known) => (known.kind === 'answered' ? known.answer.status : known.kind))
    expect(statuses).toEqual([409, 409, 200, 200])
    expect(start.count('big')).toBe(66)
  })
})

describe('however arrivals are interleaved', () => {
  it('an id in memory runs once, and no copy is refused after it', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), arrivals(1), (s, list) => check(s, list, 1, undefined)),
      { numRuns: runs },
    ))

  it('an id in a store runs once, whatever the store fails at, while it keeps what it took', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), arrivals(3), fc.infiniteStream(failure()), (s, list, failures) =>
        check(s, list, 3, createFailingStore(s, failures)),
      ),
      { numRuns: runs },
    ))
})

/** A request as the property draws it. */
interface Drawn {
  readonly at: number
  readonly id: string
  readonly digest: string
  readonly isOnce: boolean
  readonly isAdmitted: boolean
}

function arrivals(processes: number): fc.Arbitrary<Drawn[]> {
  return fc.array(
    fc.record({
      at: fc.nat(processes - 1),
      id: fc.constantFrom('a', 'b'),
      digest: fc.oneof({ weight: 5, arbitrary: fc.constant('same') }, { weight: 1, arbitrary: fc.constant('other') }),
      // An endpoint is one or the other.
      isOnce: fc.constant(true),
      isAdmitted: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    }),
    { minLength: 2, maxLength: 8 },
  )
}

type Failure = 'none' | 'before' | 'after'

function failure(): fc.Arbitrary<Failure> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant('none' as const) },
    { weight: 1, arbitrary: fc.constantFrom('before' as const, 'after' as const) },
  )
}

async function check(
  s: fc.Scheduler,
  list: readonly Drawn[],
  processes: number,
  store: SharedStore | undefined,
): Promise<void> {
  const clock = { now: 1_000_000 }
  const proxies = Array.from({ length: processes }, () => create(clock, store, () => s.schedule(Promise.resolve())))
  const ran: string[] = []
  const seen: { readonly id: string; readonly got: unknown; readonly hadRun: boolean }[] = []
  const arrive = async ({ at, id, digest, isOnce, isAdmitted }: Drawn): Promise<void> => {
    await s.schedule(Promise.resolve(), `arrival of ${id} at ${at}`)
    const hadRun = ran.includes(id)
    const got = await read(
      (proxies[at] as CallIds).run(
        { caller: 'c', id, digest },
        isOnce,
        () => {
          ran.push(id)
          return shareAnswer(async () => {
            await s.schedule(Promise.resolve(), `answer of ${id}`)
            return { status: 200, headers: {}, body: `ran ${id}` }
          }, false)
        },
        async () => {
          await s.schedule(Promise.resolve(), `limit of ${id}`)
          return isAdmitted ? undefined : problem(429, 'x', 'x')
        },
      ),
    )
    seen.push({ id, got, hadRun })
  }
  await s.waitFor(Promise.all(list.map(arrive)))
  for (const id of ['a', 'b']) expect(ran.filter((one) => one === id).length).toBeLessThanOrEqual(1)
  for (const { id, got, hadRun } of seen) {
    expect([`ran ${id}`, 409, 422, 429, 503]).toContain(got)
    if (got === `ran ${id}`) expect(ran).toContain(id)
    if (hadRun) expect(got).not.toBe(429)
    // Without a store nothing can be lost.
    if (!store) expect([409, 503]).not.toContain(got)
  }
}

/** Fails before or after it did what it was asked, and never forgets. */
function createFailingStore(s: fc.Scheduler, failures: fc.Stream<Failure>): SharedStore {
  const values = new Map<string, string>()
  const ask = async <T>(act: () => T): Promise<T> => {
    const [how = 'none'] = failures.take(1)
    await s.schedule(Promise.resolve(), 'to the store')
    if (how === 'before') throw new StoreError('lost on the way')
    const answer = act()
    await s.schedule(Promise.resolve(), 'from the store')
    if (how === 'after') throw new StoreError('lost on the way back')
    return answer
  }
  return {
    ask: (question) => question(),
    get: (key) => ask(() => values.get(key) ?? null),
    set: (key, value) => ask(() => void values.set(key, value)),
    claim: (key, value) => ask(() => !values.has(key) && Boolean(values.set(key, value))),
  }
}

function create(clock: { now: number }, store: SharedStore | undefined, tick: () => Promise<void>): CallIds {
  const runtime: Runtime = {
    now: () => clock.now,
    random: () => 0,
    setTimer: () => () => {},
    sleep: async (ms) => {
      clock.now += ms
      await tick()
    },
  }
  return createCallIds({ runtime, timeout: TIMEOUT, store, health: { ok() {}, failed() {} }, onStoreError: 'deny' })
}

function createWorld() {
  const clock = { now: 1_000_000 }
  const counts = new Map<string, number>()
  const start = Object.assign(
    (name: string, until?: Promise<void>, body?: Uint8Array) => (): SharedAnswer => {
      counts.set(name, (counts.get(name) ?? 0) + 1)
      return shareAnswer(async () => {
        await until
        return { status: 200, headers: {}, body: body ? [body] : `ran ${name}` }
      }, false)
    },
    { count: (name: string) => counts.get(name) ?? 0 },
  )
  const { run } = create(clock, undefined, async () => {})
  const callIds = {
    run: (
      arrival: Arrival,
      isOnce: boolean,
      begin: () => SharedAnswer,
      admit: () => Promise<ProxyAnswer | undefined> = async () => undefined,
    ): Promise<Known> => run(arrival, isOnce, begin, admit),
  }
  return { callIds, clock, start }
}

function arrive(id: string, { caller = 'c', digest = 'same' }: Partial<Arrival> = {}): Arrival {
  return { caller, id, digest }
}

/** The text of an answer that ran, or the status of one that did not. */
async function read(known: Known | Promise<Known>): Promise<unknown> {
  const one = await known
  const { status, body } = one.kind === 'answered' ? one.answer : await one.shared.join().answer
  return status === 200 ? body : status
}
