// Builds what an app needs and runs it beside a sandbox: `node scripts/start.mjs portfolio-web`. Without a name, the quickstart.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const [app = 'quickstart-node'] = process.argv.slice(2)
const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
}

run('turbo', ['run', 'build', `--filter=${app}...`, '--output-logs=errors-only', '--no-update-notifier'], root)
run('npm', ['start', '--silent'], join(root, 'apps', app))

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
