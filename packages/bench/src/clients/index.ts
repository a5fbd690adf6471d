/** A client of the bench. */
export interface Contestant {
  /** What `--only` and the tables call it. */
  readonly name: string
  /** File of this folder, without ending. */
  readonly module: string
  /** What it is. */
  readonly kind: 'measure' | 'noise' | 'floor' | 'ours' | 'peer'
}

/** What is measured on Node.js, `fetch` first. */
export const NODE_CONTESTANTS: readonly Contestant[] = [
  { name: 'fetch', module: 'fetch', kind: 'measure' },
  { name: 'fetch-again', module: 'fetch', kind: 'noise' },
  { name: 'dispatch', module: 'dispatch', kind: 'floor' },
  { name: 'ob', module: 'ob', kind: 'ours' },
  { name: 'ob-unchecked', module: 'ob-unchecked', kind: 'ours' },
  { name: 'ob-caller', module: 'ob-caller', kind: 'ours' },
  ...[
    'undici-request',
    'ofetch',
    'ky',
    'axios',
    'got',
    'openai',
    'anthropic',
    'stripe',
    'octokit',
    'azure',
    'hey-api',
  ].map((name) => ({ name, module: name, kind: 'peer' as const })),
]

/** What is measured on Deno and Bun, beside their own `fetch`. */
export function otherContestants(ours: string): readonly Contestant[] {
  return [
    { name: 'fetch', module: 'fetch', kind: 'measure' },
    { name: 'fetch-again', module: 'fetch', kind: 'noise' },
    { name: 'ob', module: ours, kind: 'ours' },
    { name: 'ofetch', module: 'ofetch', kind: 'peer' },
    { name: 'ky', module: 'ky', kind: 'peer' },
  ]
}
