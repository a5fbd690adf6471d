// What the engine itself makes for a call, whatever the transport: counts that are the same on every machine.
import { afterEach, expect, test, vi } from 'vitest'
import { createCaller, type Endpoint, type Runtime } from '../src/index.ts'
import { computeThing, getThing, KEY, moveThing, thingApi } from './stub-fetch.ts'

/** One request, one time limit that is taken down again, and what reading and checking the answer takes. */
const CALL = { requests: 1, timers: 1, 'timers taken down': 1, AbortController: 1 }

afterEach(() => vi.unstubAllGlobals())

test.each([
  ['safe', getThing, CALL],
  ['idempotent', computeThing, CALL],
  // A body that can be read once only, so that no platform sends it again.
  ['once', moveThing, { ...CALL, ReadableStream: 1, TextEncoder: 2 }],
] satisfies [string, Endpoint<undefined, object>, object][])(
  'a %s call that succeeds at once',
  async (_, endpoint, expected) => {
    const counts: Record<string, number> = {}
    const count = (name: string): void => {
      counts[name] = (counts[name] ?? 0) + 1
    }
    // Made before anything is counted.
    const answers = [new Response('{}'), new Response('{}')]
    const runtime: Runtime = {
      now: () => 0,
      random: () => 0.5,
      sleep: async () => count('sleep'),
      setTimer: () => {
        count('timers')
        return () => count('timers taken down')
      },
    }
    const caller = createCaller({
      api: thingApi,
      apiKey: KEY,
      runtime,
      fetch: async () => {
        count('requests')
        return answers.pop() ?? Response.error()
      },
    })
    await caller(endpoint, endpoint === getThing ? undefined : {})
    for (const name of Object.keys(counts)) delete counts[name]
    for (const name of ['AbortController', 'ReadableStream', 'Headers', 'TextDecoder', 'TextEncoder', 'URL'] as const) {
      vi.stubGlobal(
        name,
        new Proxy(globalThis[name], {
          construct(target, args, made) {
            count(name)
            return Reflect.construct(target, args, made)
          },
        }),
      )
    }
    await caller(endpoint, endpoint === getThing ? undefined : {})
    expect(counts).toEqual(expected)
  },
)
