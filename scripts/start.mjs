// Builds what the quickstart needs and runs it beside a sandbox.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
}

run(
  'turbo',
  ['run', 'build', '--filter=quickstart-node^...', '--output-logs=errors-only', '--no-update-notifier'],
  root,
)
run('npm', ['start', '--silent'], join(root, 'apps/quickstart-node'))

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
