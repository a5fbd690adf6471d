import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A runtime on this machine. */
export interface Runtime {
  readonly name: 'node' | 'deno' | 'bun'
  /** Name and version, such as `Node.js 24.21.0`. */
  readonly title: string
  readonly command: string
  /** In front of the program. */
  readonly args: readonly string[]
}

const at = (path: string): string => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url))

/** Node.js of a major version: the installed one, else the one that runs this. */
export function findNode(major: string): Runtime {
  const installed = at(`node${major}/bin/node`)
  const command = existsSync(installed) ? installed : process.execPath
  const version = readVersion(command)
  if (!version?.startsWith(`${major}.`))
    throw new Error(`Node.js ${major} is not on this machine: give --node ${process.versions.node.split('.')[0]}`)
  return { name: 'node', title: `Node.js ${version}`, command, args: ['--expose-gc'] }
}

/** Deno and Bun, as far as they are installed. */
export function findOthers(): Runtime[] {
  const deno = ['run', '-A', '--no-remote', '--quiet', '--v8-flags=--expose-gc']
  return [describe('deno', 'Deno', at('.bin/deno'), deno), describe('bun', 'Bun', at('.bin/bun'), [])].filter(
    (runtime) => runtime !== undefined,
  )
}

function describe(name: 'deno' | 'bun', label: string, command: string, args: readonly string[]): Runtime | undefined {
  const version = readVersion(command)
  return version === undefined ? undefined : { name, title: `${label} ${version}`, command, args }
}

function readVersion(command: string): string | undefined {
  if (!existsSync(command)) return undefined
  try {
    const text = execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return /\d+\.\d+\.\d+/.exec(text)?.[0]
  } catch {
    return undefined
  }
}
