import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { isPinned } from './processes.ts'

/** Where a run was made. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  /** Whether what was measured had a core of its own. */
  readonly isPinned: boolean
  /** Date of the run, `2026-11-25`. */
  readonly date: string
  /** Versions of what was measured, by package. */
  readonly versions: Readonly<Record<string, string>>
}

/** Packages whose versions belong to the results. */
const PACKAGES = [
  'undici',
  'ofetch',
  'ky',
  'axios',
  'got',
  'openai',
  '@anthropic-ai/sdk',
  'stripe',
  '@octokit/request',
  '@azure/core-rest-pipeline',
  '@hey-api/client-fetch',
  'httpxy',
  '@fastify/http-proxy',
  'esbuild',
]

/** Describes this machine, as of now. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
    isPinned,
    date: new Date().toISOString().slice(0, 10),
    versions: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  }
}

function versionOf(name: string): string {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
