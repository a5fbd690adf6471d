// Builds the package in the current folder: declarations file by file, and the code as one file for each entry and what entries share,
// since Node.js takes as long to find and link sixty small files as to run them. Packages that are not in `dependencies` are built in.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'

const { exports, imports = {}, dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'))
// A key, though everybody may know it, stays in a file of its own: in one with all the rest, the source map of every page would hold it.
const apart = ['./dist/onebalance/public-testing-key.js'].filter((file) => existsSync(toSource(file)))
const entries = [...new Set([...filesOf({ exports, imports }), ...apart])].filter((file) => file.endsWith('.js'))

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json', '--emitDeclarationOnly'], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
const { metafile } = await build({
  entryPoints: entries.map(toSource),
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'shared/[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  // What is built in must run everywhere, so nothing is taken for one platform.
  platform: 'neutral',
  external: [...Object.keys(dependencies), 'node:*', '#*'],
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  plugins: [{ name: 'pure-values', setup: ({ onLoad }) => onLoad({ filter: /\/src\/.*\.ts$/ }, markPure) }],
  logLevel: 'warning',
})
for (const file of entries) {
  // Names the declarations for Deno, which asks for them where the package is linked and not installed.
  const types = `./${basename(file, '.js')}.d.ts`
  writeFileSync(file, `/* @ts-self-types="${types}" */ ${readFileSync(file, 'utf8')}`)
}
// TypeScript rewrites `./x.ts` to `./x.js` in the code but not in the declarations. Where a package is linked and not installed, Deno finds
// no declarations by that name without `sloppy-imports`.
for (const file of readdirSync('dist', { recursive: true })) {
  const path = join('dist', file)
  if (file.endsWith('.d.ts'))
    writeFileSync(path, readFileSync(path, 'utf8').replace(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1'))
}
writeNotices(Object.keys(metafile.inputs))

/**
 * Says of each value of a module what `sideEffects` in package.json says of the whole module: that it may be left out where it is not used.
 * In one file with all the rest, a bundler could not know.
 */
function markPure({ path }) {
  const text = readFileSync(path, 'utf8')
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  const values = source.statements
    .flatMap((statement) => (ts.isVariableStatement(statement) ? statement.declarationList.declarations : []))
    .flatMap(({ initializer }) => (initializer && mayDoMore(initializer) ? [initializer] : []))
  let [contents, end] = ['', 0]
  for (const value of values) {
    const start = value.getStart(source)
    contents += `${text.slice(end, start)}/* @__PURE__ */ (() => (${text.slice(start, value.end)}))()`
    end = value.end
  }
  return { contents: contents + text.slice(end), loader: 'ts' }
}

/** What a bundler does not leave out by itself: a call, also as a part, and a copy of properties. */
function mayDoMore(node) {
  if (ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isSpreadAssignment(node)) return true
  return !ts.isFunctionLike(node) && (ts.forEachChild(node, mayDoMore) ?? false)
}

function toSource(file) {
  return file.replace(/^\.\/dist\/(.+)\.js$/, 'src/$1.ts')
}

/** Every path in a tree of conditions. */
function filesOf(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(filesOf)
}

/** The licences of what is built in, which ask to be handed on with it. */
function writeNotices(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []))
  const notices = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return `${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`
  })
  if (notices.length > 0) writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices.join(`\n${'-'.repeat(80)}\n\n`))
}
