// Writes the new version of the packages where code and Deno read it. Runs after `changeset version`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8'))

for (const name of ['core', 'browser']) replace(`packages/${name}/src/version.ts`, /(VERSION = ')[^']*/, `$1${version}`)
const manifest = 'packages/deno/deno.json'
if (existsSync(join(root, manifest))) {
  replace(manifest, /("version": ")[^"]*/, `$1${version}`)
  replace(manifest, /(npm:@ob\/core@\^)[^"/]*/g, `$1${version}`)
}

/** Fails rather than publish under an old version. */
function replace(file, pattern, replacement) {
  const path = join(root, file)
  const text = readFileSync(path, 'utf8')
  if (text.search(pattern) < 0) throw new Error(`${file}: there is no version to replace`)
  writeFileSync(path, text.replace(pattern, replacement))
}
