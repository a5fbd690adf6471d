// Finds a Chromium for tests, or gets one. Tests that find none say so by name, since a suite that shrinks in silence proves nothing.
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
/** The last version that runs on Node 20. */
const FALLBACK = '@sparticuz/chromium@147.0.0'

/**
 * A Chromium: the one that CHROMIUM names, else one that is installed, else Debian's, which is installed where that is possible (as
 * root, with apt-get), else the one that npm has, kept under `node_modules/.cache`.
 *
 * @returns `{ executablePath, env }` for playwright's `launch`, or `{ missing }`, the reason why there is none
 */
export async function findChromium() {
  const found = [process.env.CHROMIUM, ...PLACES].find(isExecutable)
  if (found) return { executablePath: found, env: process.env }
  const tried = []
  for (const get of [fromDebian, fromNpm]) {
    try {
      const got = await get()
      if (got) return got
    } catch (error) {
      tried.push(`${get.name}: ${String(error.message).split('\n')[0]}`)
    }
  }
  return { missing: ['no Chromium on this machine (CHROMIUM may name one)', ...tried].join('; ') }
}

async function fromDebian() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  const apt = (...args) =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 300_000,
    })
  await apt('update')
  await apt('install', '-y', '--no-install-recommends', 'chromium')
  const executablePath = PLACES.find(isExecutable)
  return executablePath && { executablePath, env: process.env }
}

async function fromNpm() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const folder = join(import.meta.dirname, '../node_modules/.cache/chromium')
  const unpacked = join(folder, 'unpacked')
  if (!existsSync(unpacked)) await unpack(folder, unpacked)
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: join(unpacked, 'al2023/lib'),
    FONTCONFIG_PATH: join(unpacked, 'fonts'),
  }
  return { executablePath: join(unpacked, 'chromium'), env }
}

async function unpack(folder, unpacked) {
  // Beside its place and moved there when it is whole, so that one that was cut off is not taken for it.
  const partial = `${unpacked}-${process.pid}`
  mkdirSync(partial, { recursive: true })
  await run('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', FALLBACK], {
    timeout: 300_000,
  })
  // It unpacks into TMPDIR and takes whatever has its name there: so a folder of our own, and not the one that all users share. The
  // libraries that a bare machine lacks it unpacks only where it believes itself to be on AWS Lambda.
  const program = "import chromium from '@sparticuz/chromium'; await chromium.executablePath()"
  await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    timeout: 300_000,
    env: { ...process.env, TMPDIR: partial, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
  })
  renameSync(partial, unpacked)
}

function isExecutable(path) {
  return Boolean(path) && succeeds(() => accessSync(path, constants.X_OK))
}

function succeeds(act) {
  try {
    act()
    return true
  } catch {
    return false
  }
}
