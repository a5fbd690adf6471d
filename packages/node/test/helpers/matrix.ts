import { afterAll, describe, expect, test } from 'vitest'
import { type Case, createBench, type FlowName, type Verdict } from './bench.ts'
import { closedPort, type End, type Script } from './fault-front.ts'
import { httpAnswer } from './raw-server.ts'

/**
 * How a case must end, beyond what holds for all.
 *
 * - `done`: the quote ran, and the call succeeds.
 * - `hidden`: the quote ran, and the answer to that was lost: `execute` says so, `executeAndWait` finds out.
 * - `lost`: the quote did not run, and nobody on this side can know.
 * - `unsent`: nothing left, and retries did not help; `once` where no retry was allowed.
 * - `refused`: the API said no.
 * - `aborted`: by the caller.
 * - `any`: what the kernel does first decides.
 */
export type Ending = 'done' | 'hidden' | 'lost' | 'unsent' | 'refused' | 'aborted' | 'any'

interface Row extends Omit<Case, 'flow'> {
  readonly name: string
  readonly ending: Ending
}

const CUTS = ['fin', 'reset'] as const satisfies readonly End[]

/** Runs the whole matrix with one way to execute a quote. */
export async function defineMatrix(flow: FlowName): Promise<void> {
  const bench = await createBench()
  const sizes = await bench.measure()
  const port = await closedPort()
  verify(flow, await bench.run({ flow, script: [] }), 'done')

  const run = async ({ ending, name: _, ...one }: Row): Promise<void> => {
    verify(flow, await bench.run({ flow, ...one }), ending)
  }
  const define = (name: string, rows: readonly Row[]): void => {
    describe(name, () => {
      test.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => run(row))
    })
  }

  describe(`never twice, never hanging: quotes.${flow}`, () => {
    define('no connection', [
      { name: 'refused', ending: 'unsent', options: { baseURL: `https://127.0.0.1:${port}` } },
      {
        name: 'refused, no retries',
        ending: 'unsent',
        options: { baseURL: `https://127.0.0.1:${port}`, retry: false },
      },
      { name: 'name unknown', ending: 'unsent', options: { baseURL: 'https://no-such-host.invalid' } },
      { name: 'certificate not trusted', ending: 'unsent', options: { ca: [] }, script: [] },
      ...CUTS.flatMap((end): Row[] => [
        { name: `${end} at once`, ending: 'done', script: [{ at: 'accept', end }] },
        { name: `${end} at once, three times`, ending: 'done', script: Array(3).fill({ at: 'accept', end }) },
        { name: `${end} at once, always`, ending: 'unsent', script: Array(9).fill({ at: 'accept', end }) },
      ]),
    ])
    define('cut in the TLS handshake', [
      ...cuts('handshakeUp', [0, 1, 2, 5, 6, 16, 64, 128, 200], 'done'),
      ...cuts('handshakeDown', [1, 2, 5, 6, 16, 64, 128, 300, 500], 'done'),
      ...cuts('handshakeUp', [300, 400, 500, 600, 700, 800, 900, 1_000, 1_500, 2_000], 'any'),
      ...cuts('handshakeDown', [700, 800, 900, 1_000, 1_100, 1_200, 1_300, 1_400, 1_500, 2_000], 'any'),
      ...CUTS.map((end): Row => ({ name: `${end} after it`, ending: 'lost', script: [{ at: 'connected', end }] })),
    ])
    define('cut in the request', [
      ...cuts('request', upTo(64), 'lost'),
      // Two requests differ by some bytes: numbers in a quote, the port.
      ...cuts('request', upTo(sizes.request - 64, 64).slice(2), 'lost'),
      ...cuts('request', [-1, -2, -16], 'lost'),
      ...CUTS.flatMap((end): Row[] => [
        { name: `${end} before the API got it`, ending: 'lost', script: [{ at: 'received', end }] },
        { name: `${end} while the API processes it`, ending: 'hidden', script: [{ at: 'delivered', end }] },
      ]),
    ])
    define('cut in the answer', [
      ...cuts('response', upTo(sizes.response - 1), 'hidden', ['fin']),
      ...cuts('response', upTo(sizes.response - 1, 4), 'hidden', ['reset']),
      ...cuts('response', [sizes.response], 'done', ['fin']),
      ...cuts('response', [sizes.response], 'any', ['reset']),
    ])
    define('a kept connection goes stale', [
      ...cuts('request', upTo(64), 'lost', CUTS, 1),
      ...cuts('response', upTo(sizes.response - 1, 8), 'hidden', CUTS, 1),
      ...CUTS.flatMap((end): Row[] => [
        {
          name: `${end} before the API got it`,
          ending: 'lost',
          isWarm: true,
          script: [{ at: 'received', end, on: 1 }],
        },
        { name: `${end} at the API`, ending: 'hidden', isWarm: true, script: [{ at: 'delivered', end, on: 1 }] },
        ...upTo(40).map(
          (turns): Row => ({
            name: `${end}, ${turns} turns after the call began`,
            ending: 'any',
            isWarm: true,
            script: [],
            async during({ front }) {
              for (let turn = 0; turn < turns; turn += 1) await undefined
              front?.endIdle(end === 'fin' ? 'fin' : 'reset')
            },
          }),
        ),
      ]),
    ])
    define(
      'statuses instead of the execution',
      [301, 302, 303, 307, 308, ...upTo(199).map((n) => 400 + n)].map(
        (status): Row => ({
          name: String(status),
          ending: status === 408 || status >= 500 ? 'lost' : 'refused',
          fault: { status, headers: { 'retry-after': '1' } },
        }),
      ),
    )
    define('statuses after the execution', [
      ...[408, ...upTo(99).map((n) => 500 + n)].map((status) => answered(String(status), httpAnswer(status, '{}'))),
    ])
    define('answers that are none', [
      answered('HTML', httpAnswer(200, '<html>')),
      answered('empty', httpAnswer(200, '')),
      answered('no content', 'HTTP/1.1 204 No Content\r\n\r\n'),
      answered('null', httpAnswer(200, 'null')),
      answered('off contract', httpAnswer(200, '{"success":"yes"}')),
      answered('not UTF-8', httpAnswer(200, '{"a":"\xff\xfe"}', { 'content-length': '10' })),
      answered('too large', httpAnswer(200, `{"a":"${'x'.repeat(4_000)}"}`), { maxResponseBytes: 2_000 }),
      answered('compressed twice', httpAnswer(200, '{}', { 'content-encoding': 'gzip, gzip' })),
      answered('compressed, they say', httpAnswer(200, '{}', { 'content-encoding': 'gzip' })),
      answered('an error inside 200', httpAnswer(200, '{"success":false,"error":"no"}')),
      answered('not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'),
      answered('two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'),
      answered('length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}'),
      answered('a bad chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}'),
      answered('half a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{'),
      answered('only 103', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
      answered('101', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      answered('a huge head', `HTTP/1.1 200 OK\r\n${'x-filler: aaaaaaaaaaaaaaaaaaaa\r\n'.repeat(2_000)}\r\n{}`),
      { ...answered('103, then 200', `HTTP/1.1 103 X\r\n\r\n${httpAnswer(200, '{"success":true}')}`), ending: 'done' },
      {
        ...answered('an answer without length', 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"success":true}'),
        ending: 'done',
      },
    ])
    define("the sandbox's own faults", [
      { name: 'reset before', ending: 'lost', fault: { reset: 'before' } },
      { name: 'reset after', ending: 'hidden', fault: { reset: 'after' } },
      ...upTo(sizes.response - 1, 16).map(
        (bytes): Row => ({
          name: `answer, cut after ${bytes}`,
          ending: 'hidden',
          fault: { cutAfterResponseBytes: bytes },
        }),
      ),
      ...upTo(64, 4).map(
        (bytes): Row => ({
          name: `request, cut after ${bytes}`,
          ending: 'lost',
          fault: { cutAfterRequestBytes: bytes },
        }),
      ),
    ])
    for (const how of ['timeout', 'deadline', 'abort'] as const)
      define(`${how} at each stage`, stops(how, sizes.response))
    test('no quote ran twice in the end, and no outcome was wrong', () => bench.checkAll())
    afterAll(() => bench.close())
  })
}

/** Silence from some point on, and then a limit that passes or a caller that goes away. */
function stops(how: 'timeout' | 'deadline' | 'abort', responseBytes: number): Row[] {
  const stop: NonNullable<Case['during']> = async ({ front, runtime, abort }) => {
    await front?.reached
    if (how === 'abort') abort()
    else runtime.expire()
  }
  const options = how === 'deadline' ? { deadline: 5_000 } : {}
  const row = (name: string, step: Script[number], ending: Ending, on = 0): Row => ({
    name: `${name}${on ? ', on a kept connection' : ''}`,
    // An abort is always an abort; what it says of the quote is checked for all.
    ending: how === 'abort' ? 'aborted' : ending,
    script: [step && { ...step, on }],
    isWarm: on > 0,
    options,
    during: stop,
  })
  const early = how === 'timeout' ? 'done' : 'unsent'
  const end = 'stall'
  const noKey = { apiKey: () => new Promise<string>(() => {}) }
  return [
    {
      name: 'before the key is there',
      ending: how === 'abort' ? 'aborted' : 'unsent',
      options: { ...options, ...noKey },
      during: async ({ runtime, abort }) => {
        await new Promise((resolve) => setImmediate(resolve))
        if (how === 'abort') abort()
        else runtime.expire()
      },
    },
    row('connected by TCP', { at: 'accept', end }, early),
    ...[0, 1, 5, 64, 200].map((bytes) => row(`handshake, ${bytes} up`, { at: 'handshakeUp', bytes, end }, early)),
    ...[1, 5, 64, 300, 500].map((bytes) => row(`handshake, ${bytes} down`, { at: 'handshakeDown', bytes, end }, early)),
    row('connected by TLS', { at: 'connected', end }, 'lost'),
    ...[0, 1].flatMap((on) => [
      ...upTo(64, 4).map((bytes) => row(`request, ${bytes}`, { at: 'request', bytes, end }, 'lost', on)),
      row('before the API got it', { at: 'received', end }, 'lost', on),
      row('while the API processes it', { at: 'delivered', end }, 'hidden', on),
      ...upTo(responseBytes - 1, 16).map((bytes) =>
        row(`answer, ${bytes}`, { at: 'response', bytes, end }, 'hidden', on),
      ),
    ]),
  ]
}

function cuts(
  at: 'handshakeUp' | 'handshakeDown' | 'request' | 'response',
  bytes: readonly number[],
  ending: Ending,
  ends: readonly End[] = CUTS,
  on = 0,
): Row[] {
  return ends.flatMap((end) =>
    bytes.map((count) => ({
      name: `${at}, ${end} after ${count < 0 ? `all but ${-count}` : count} bytes`,
      ending,
      isWarm: on > 0,
      script: [{ at, end, bytes: count, on }],
    })),
  )
}

function answered(name: string, raw: string, options: Case['options'] = {}): Row {
  return { name, ending: 'hidden', options, script: [{ at: 'answer', raw, isProcessed: true }] }
}

/** 0 to `last`, every `step`. */
function upTo(last: number, step = 1): number[] {
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, index) => index * step)
}

function verify(flow: FlowName, { executed, error, value, attempts }: Verdict, ending: Ending): void {
  const isFound = ending === 'done' || (ending === 'hidden' && flow === 'executeAndWait')
  const seen = { executed, code: error?.code, outcome: error?.outcome, attempts }
  if (isFound) {
    expect(seen).toEqual({ executed: 1 })
    expect(value).toMatchObject(flow === 'execute' ? { success: true } : { status: 'COMPLETED' })
  } else if (ending === 'hidden') {
    const code = error?.code === 'execution_failed' ? 'execution_failed' : 'outcome_unknown'
    expect(seen).toEqual({ executed: 1, code, outcome: 'unknown', attempts: 1 })
  } else if (ending === 'lost') {
    expect(seen).toEqual({ executed: 0, code: 'outcome_unknown', outcome: 'unknown', attempts: 1 })
  } else if (ending === 'unsent') {
    expect(seen).toMatchObject({ executed: 0, outcome: 'not_sent' })
    expect(['network', 'timeout']).toContain(error?.code)
  } else if (ending === 'refused') {
    expect(seen).toMatchObject({ executed: 0, outcome: 'rejected', attempts: 1 })
  } else if (ending === 'aborted') {
    expect(seen).toMatchObject({ code: 'aborted', attempts: 1 })
  }
}
