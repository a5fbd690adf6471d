// Everything that must hold before a change lands: lint, types, packages, unit tests, every runtime. `--long` runs the large numbers.
// Ends with `N passed, N failed`, counting every check and test that ran.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const isLong = process.argv.includes('--long')
const root = join(import.meta.dirname, '..')
const env = {
  ...process.env,
  ...(isLong && { OB_LONG: '1' }),
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
}
// A host's own trust settings must not decide what the tests see.
for (const name of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'DENO_CERT', 'NODE_TLS_REJECT_UNAUTHORIZED'])
  delete env[name]

const results = []
const dirtyBefore = git('status', '--porcelain')

check('lint', 'biome', ['check', '.', '--error-on-warnings'])
check('build', 'turbo', ['run', 'build', '--output-logs=errors-only'])
check('types', 'turbo', ['run', 'typecheck', '--output-logs=errors-only'])
check('packages', 'turbo', ['run', 'check:package', '--output-logs=errors-only', '--concurrency=2'])
check('docs are current', 'node', ['scripts/docs.mjs', '--check'])
const deno = join(root, 'packages/conformance/node_modules/.bin/deno')
const denoPackage = join(root, 'packages/deno')
check('deno check', deno, ['check', 'src/index.ts', 'src/onebalance.ts'], denoPackage)
check('deno lint', deno, ['lint'], denoPackage)
check('JSR package', deno, ['publish', '--dry-run', '--allow-dirty'], denoPackage)
for (const folder of ['packages', 'apps'].flatMap((parent) =>
  readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
)) {
  if (folder !== 'packages/conformance' && hasTests(folder)) unit(folder)
}
// Where Node's own undici sends, and where it has changed.
for (const major of isLong ? [22, 24, 26] : []) {
  const node = join(root, `packages/conformance/node_modules/node${major}/bin/node`)
  if (existsSync(node)) unit('packages/node', node, `packages/node on Node.js ${major}`)
}
conformance()
check('the tree is as it was', 'node', ['-e', `process.exit(${git('status', '--porcelain') === dirtyBefore ? 0 : 1})`])

console.log('\nSummary')
for (const { name, passed, failed, skipped, note } of results) {
  console.log(
    `  ${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}${note ? ` (${note})` : ''}`,
  )
}
const sum = (field) => results.reduce((total, result) => total + result[field], 0)
const failed = sum('failed')
console.log(`\n${sum('passed')} passed, ${failed} failed`)
process.exitCode = failed > 0 || sum('passed') === 0 ? 1 : 0

function check(name, command, args, cwd = root) {
  console.log(`\n> ${name}: ${command} ${args.join(' ')}`)
  const { status } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] })
  results.push({ name, passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 })
}

function hasTests(folder) {
  return ['src', 'test', '.'].some((part) => {
    const path = join(root, folder, part)
    return (
      existsSync(path) &&
      readdirSync(path, { recursive: part !== '.' }).some(
        (file) => String(file).endsWith('.test.ts') || String(file).endsWith('.test.mjs'),
      )
    )
  })
}

function unit(folder, node = process.execPath, name = folder) {
  console.log(`\n> ${name}: vitest`)
  const output = mkdtempSync(join(tmpdir(), 'ob-test-'))
  const report = join(output, 'report.json')
  const { status } = spawnSync(
    node,
    [
      join(root, folder, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--testTimeout=60000',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    {
      cwd: join(root, folder),
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numPendingTests = 0,
  } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
  rmSync(output, { recursive: true })
  // A file that does not load fails no single test.
  const crashed = status !== 0 && numFailedTests === 0 ? 1 : 0
  results.push({ name, passed: numPassedTests, failed: numFailedTests + crashed, skipped: numPendingTests })
}

/** The conformance runner prints one JSON line for each runtime: `{ runtime, passed, failed, skipped, note }`. */
function conformance() {
  console.log('\n> conformance')
  const { stdout, status } = spawnSync('node', ['packages/conformance/run.mjs', '--json'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  for (const line of lines) {
    const { runtime, ...counts } = JSON.parse(line)
    results.push({ name: `conformance on ${runtime}`, ...counts })
  }
  if (lines.length === 0 || (status !== 0 && !results.some((result) => result.failed > 0)))
    results.push({ name: 'conformance', passed: 0, failed: 1, skipped: 0, note: `the runner ended with ${status}` })
}

function git(...args) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout
}
