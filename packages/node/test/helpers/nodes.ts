import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The Node.js of this process, and those that the conformance suite has installed. */
export const nodes: readonly { readonly major: number; readonly path: string }[] = [
  process.execPath,
  ...[22, 24, 26].map((major) =>
    fileURLToPath(new URL(`../../../conformance/node_modules/node${major}/bin/node`, import.meta.url)),
  ),
]
  .filter((path) => existsSync(path))
  .map((path) => ({
    path,
    major: Number(execFileSync(path, ['--print', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })),
  }))
