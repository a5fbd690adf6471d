// Where each runtime is on this machine, and how it runs a file.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..')

/** Every runtime that the suite is for: `{ name, runtime, command, args, version }`; without `version` it is not on this machine. */
export function findRuntimes() {
  const at = (path) => join(folder, 'node_modules', path)
  return [
    describe('Node.js 20', 'node', process.execPath, []),
    ...[22, 24, 26].map((major) => describe(`Node.js ${major}`, 'node', at(`node${major}/bin/node`), [])),
    describe('Deno 2', 'deno', at('.bin/deno'), ['run', '-A', '--no-remote', '--quiet']),
    describe('Bun 1', 'bun', at('.bin/bun'), []),
  ]
}

function describe(name, runtime, command, args) {
  const [, major] = name.split(' ')
  const version = readVersion(command)
  return { name, runtime, command, args, version: version?.startsWith(`${major}.`) ? version : undefined }
}

function readVersion(command) {
  if (!existsSync(command)) return undefined
  try {
    return /\d+\.\d+\.\d+/.exec(
      execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )?.[0]
  } catch {
    return undefined
  }
}
