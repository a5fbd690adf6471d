// One answer for many readers, in every order in which things can happen.

import { concat, type Stop } from '@ob/core/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ProxyAnswer } from '../src/exchange.ts'
import { isReader, shareAnswer, type UpstreamAnswer } from '../src/shared-answer.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (parts: readonly Uint8Array[]): string => new TextDecoder().decode(concat(parts))

/** An answer of pieces; `undefined` in their place: it breaks off there. */
function source(
  pieces: readonly (string | undefined)[],
  wait: () => Promise<unknown> = async () => {},
): { readonly answer: UpstreamAnswer; readonly reads: () => number; readonly cancels: () => number } {
  let reads = 0
  let cancels = 0
  const answer: UpstreamAnswer = {
    status: 200,
    headers: {},
    body: {
      async read() {
        const at = reads
        reads += 1
        await wait()
        if (at < pieces.length && pieces[at] === undefined) throw new Error('broke off')
        return at < pieces.length ? bytes(pieces[at] as string) : undefined
      },
    },
    cancel() {
      cancels += 1
    },
  }
  return { answer, reads: () => reads, cancels: () => cancels }
}

async function readAll({ body }: ProxyAnswer): Promise<string> {
  if (!isReader(body)) return typeof body === 'string' ? body : text(body ?? [])
  const parts: Uint8Array[] = []
  for (let part = await body.read(); part; part = await body.read()) parts.push(part)
  return text(parts)
}

test('whoever stays reads all of it, whatever the others do and whenever', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 6 }),
      fc.array(fc.record({ leavesAfter: fc.option(fc.nat(6), { nil: undefined }) }), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (scheduler, pieces, readers, isCancelable) => {
        const { answer, reads, cancels } = source(pieces, () => scheduler.schedule(Promise.resolve()))
        let starts = 0
        const shared = shareAnswer(async () => {
          starts += 1
          await scheduler.schedule(Promise.resolve())
          return answer
        }, isCancelable)
        // They come at different times, and one who comes to what cannot be joined any more stays away, as the callers of this do.
        const results = readers.map(async ({ leavesAfter }) => {
          await scheduler.schedule(Promise.resolve())
          if (!shared.isWhole) return undefined
          const joined = shared.join()
          if (leavesAfter === 0) {
            joined.leave()
            return undefined
          }
          const { body } = await joined.answer
          if (!isReader(body)) throw new Error('an answer of pieces became another')
          const parts: Uint8Array[] = []
          for (let at = 1; ; at += 1) {
            await scheduler.schedule(Promise.resolve())
            const part = await body.read()
            if (!part) return text(parts)
            parts.push(part)
            if (at === leavesAfter) {
              joined.leave()
              joined.leave()
              return undefined
            }
          }
        })
        await scheduler.waitFor(Promise.all(results))
        for (const result of await Promise.all(results)) if (result !== undefined) expect(result).toBe(pieces.join(''))
        expect(starts).toBe(1)
        expect(reads()).toBeLessThanOrEqual(pieces.length + 1)
        if (!isCancelable) {
          await scheduler.waitFor(shared.done)
          expect(await shared.done.then((whole) => whole && readAll(whole()))).toBe(pieces.join(''))
          expect(cancels()).toBe(0)
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('it is given up when the last one leaves, and only then', async () => {
  const { answer, cancels } = source(['a', 'b'])
  let signal: Stop | undefined
  const shared = shareAnswer(async (given) => {
    signal = given
    return answer
  }, true)
  const [first, second] = [shared.join(), shared.join()]
  await first.answer
  first.leave()
  first.leave()
  expect([signal?.aborted, cancels(), shared.isWhole]).toEqual([false, 0, true])
  second.leave()
  expect([signal?.aborted, shared.isWhole]).toEqual([true, false])
  expect(await shared.done).toBeUndefined()
  await second.answer
  expect(cancels()).toBe(1)
})

test('who leaves after the end gives nothing up', async () => {
  const { answer, cancels } = source(['a'])
  const shared = shareAnswer(async () => answer, true)
  const { answer: head, leave } = shared.join()
  expect(await readAll(await head)).toBe('a')
  leave()
  expect([cancels(), shared.isWhole]).toEqual([0, true])
  // And it can still be read from its first byte.
  expect(await readAll(await shared.join().answer)).toBe('a')
})

test('what breaks off breaks off for everybody, and is not kept', async () => {
  const { answer } = source(['a', undefined])
  const shared = shareAnswer(async () => answer, true)
  const readers = [shared.join(), shared.join()]
  for (const { answer: head } of readers) await expect(head.then(readAll)).rejects.toThrow('broke off')
  expect(shared.isWhole).toBe(false)
  expect(await shared.done).toBeUndefined()
})

test('an execution is read to its end without anybody who reads it', async () => {
  const { answer } = source(['a', 'b', 'c'])
  const shared = shareAnswer(async (signal) => {
    expect(signal).toBeUndefined()
    return answer
  }, false)
  shared.join().leave()
  expect(await shared.done.then((whole) => whole && readAll(whole()))).toBe('abc')
})

test('past 1 MiB it is not kept and cannot be joined, and whoever reads still gets all of it', async () => {
  const piece = 'a'.repeat(300_000)
  const { answer } = source([piece, piece, piece, piece])
  const shared = shareAnswer(async () => answer, true)
  const readers = [shared.join(), shared.join()]
  const bodies = await Promise.all(readers.map(async ({ answer: head }) => readAll(await head)))
  expect(bodies.map(({ length }) => length)).toEqual([1_200_000, 1_200_000])
  expect(shared.isWhole).toBe(false)
  expect(await shared.done).toBeUndefined()
})

test('an answer without pieces is the same for all', async () => {
  const shared = shareAnswer(async () => ({ status: 404, headers: {}, body: 'no' }), true)
  const answers = await Promise.all([shared.join().answer, shared.join().answer])
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [404, 'no'],
    [404, 'no'],
  ])
  expect((await shared.done)?.()).toMatchObject({ body: 'no' })
})
