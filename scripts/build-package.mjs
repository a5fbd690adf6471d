// Compiles the package in the current folder. TypeScript rewrites `./x.ts` to `./x.js` in the code but not in the declarations,
// where Deno would look for a file that is not there.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
for (const file of readdirSync('dist', { recursive: true })) {
  const path = join('dist', file)
  if (file.endsWith('.d.ts')) {
    writeFileSync(path, readFileSync(path, 'utf8').replace(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1'))
  } else if (file.endsWith('.js')) {
    // Names the declarations for Deno, which asks for them where the package is linked and not installed.
    const types = `./${basename(file, '.js')}.d.ts`
    writeFileSync(path, `/* @ts-self-types="${types}" */ ${readFileSync(path, 'utf8')}`)
  }
}
