// A real Redis for tests: Debian's, on a socket in a folder of its own, so that it meets no other one and no port.
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PLACES = ['redis-server', 'valkey-server'].flatMap((name) =>
  ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'].map((folder) => `${folder}/${name}`),
)

/** Where the server is; it is installed where that is possible. A text instead says why there is none. */
export async function findRedis(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const path = PLACES.find(existsSync)
  if (path) return { path }
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return { missing: 'no redis-server on this machine' }
  const apt = (...args: string[]): Promise<unknown> =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 300_000,
    })
  try {
    await apt('update')
    await apt('install', '-y', '--no-install-recommends', 'redis-server')
  } catch (error) {
    return { missing: `redis-server cannot be installed: ${String((error as Error).message).split('\n')[0]}` }
  }
  const installed = PLACES.find(existsSync)
  return installed ? { path: installed } : { missing: 'no redis-server on this machine' }
}

export interface RedisServer {
  /** Of its Unix socket. */
  readonly socket: string
  /** Starts it; what it was told before it was killed is still there. Resolves when it takes connections. */
  start(): Promise<void>
  /** As a crash does. Resolves when it is gone. */
  kill(): Promise<void>
  /** Lets it answer nothing, with its connections open. */
  freeze(): void
  thaw(): void
  /** Ends it, and removes its folder. */
  close(): Promise<void>
}

/** Makes a server that is not started. */
export async function createRedisServer(path: string): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ob-redis-'))
  const socket = join(folder, 'redis.sock')
  let child: ReturnType<typeof spawn> | undefined
  let gone: Promise<void> = Promise.resolve()
  const server: RedisServer = {
    socket,
    async start() {
      const flags = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '']
      const one = spawn(path, [...flags, '--appendonly', 'yes', '--appendfsync', 'always'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      child = one
      gone = new Promise((resolve) => one.once('exit', () => resolve()))
      await new Promise<void>((resolve, reject) => {
        let said = ''
        one.stdout.on('data', (data) => {
          said += data
          if (said.includes('ready to accept connections')) resolve()
        })
        one.once('error', reject)
        one.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)))
      })
    },
    async kill() {
      child?.kill('SIGKILL')
      await gone
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async close() {
      await server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return server
}
