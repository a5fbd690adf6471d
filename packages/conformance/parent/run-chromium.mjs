// Runs the cases in a page of Chromium: @ob/browser through @ob/proxy, which alone has the key.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { findChromium } from '../../../scripts/find-chromium.mjs'
import { findLeak } from '../dist/find-leak.js'
import { openPageSession } from './page-session.mjs'
import { inSession } from './run-suite.mjs'

/** `{ version, run(certificates, ids) }`, or without a version `{ missing }`, the reason why there is none. */
export async function findPage() {
  const { executablePath, env, missing } = await findChromium()
  if (missing) return { version: undefined, missing }
  const version = /\d+\.\d+\.\d+\.\d+/.exec(
    execFileSync(executablePath, ['--version'], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )?.[0]
  return { version, run: (certificates, ids) => runInChromium({ executablePath, env }, certificates, ids) }
}

async function runInChromium(launch, certificates, ids) {
  return inSession({ certificates, spawnProgram: undefined }, async (session) => {
    const site = await openPageSession(session, await bundlePage())
    const browser = await chromium.launch({ ...launch, args: ['--no-sandbox'] })
    try {
      return await runCases(await browser.newPage(), site, ids)
    } finally {
      await browser.close()
      site.close()
    }
  })
}

async function runCases(page, site, ids) {
  const shown = []
  page.on('pageerror', (error) => shown.push(`uncaught in the page: ${error.message}`))
  page.on('console', (message) => {
    const form = site.secrets.map((key) => findLeak(message.text(), key)).find(Boolean)
    if (form) shown.push(`the console shows a key (${form})`)
  })
  await page.goto(site.url)
  const results = []
  for (const id of ids) {
    const result = await page.evaluate(([one, setup]) => globalThis.runInPage(one, setup), [id, site.setup])
    const problems = [...site.takeProblems(), ...shown.splice(0)]
    results.push(
      problems.length > 0
        ? { ...result, status: 'failed', note: [result.note, ...problems].filter(Boolean).join('\n') }
        : result,
    )
  }
  return results
}

async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../dist/page.js')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  })
  return outputFiles[0].text
}
