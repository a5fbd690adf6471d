// Starts the processes of a measurement, each on a core of its own where the machine can do that.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Runtime } from './runtimes.ts'

/** The cores: what is measured runs on the first, what it talks to on the second. */
export type Place = 'measured' | 'other'

const canPin = cpus().length > 1 && existsSync('/usr/bin/taskset')
const CORES = { measured: '0', other: '1' } as const

/** Whether each process has a core of its own. */
export const isPinned = canPin

/** The compiled program of this folder. */
export function program(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url))
}

/** Command and arguments that keep a process on its core. */
export function pin(place: Place, command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ['/usr/bin/taskset', ['-c', CORES[place], command, ...args]] : [command, [...args]]
}

/** Runs a program to its end and gives the last line that it printed, parsed. */
export function runJson<T>(runtime: Runtime, path: string, args: readonly string[], env: Record<string, string>): T {
  const [command, all] = pin('measured', runtime.command, [...runtime.args, path, ...args])
  const { stdout, stderr, status } = spawnSync(command, all, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    timeout: 300_000,
  })
  if (status !== 0)
    throw new Error(`${runtime.title}: ${path} ${args[0]?.slice(0, 80)} ended with ${status}: ${stderr}`)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T
}

/** A process that serves until it is stopped. */
export interface Server<Ready> {
  readonly ready: Ready
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a server; its first line says where it listens. Its input ends with this process, and it with its input. */
export async function startServer<Ready>(
  place: Place,
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Server<Ready>> {
  const [pinned, all] = pin(place, command, args)
  const child = spawn(pinned, all, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] })
  const ready = await firstLine(child, args.join(' '))
  return {
    ready: JSON.parse(ready) as Ready,
    pid: child.pid as number,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

async function firstLine(child: ChildProcess, what: string): Promise<string> {
  if (!child.stdout) throw new Error('no output to read')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error(`${what}: ended before it was ready`)
}
