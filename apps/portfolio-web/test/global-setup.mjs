import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'vite'
import { findChromium } from '../../../scripts/find-chromium.mjs'

/** Builds the page as it is now, away from `dist`, and finds a browser. */
export default async function setup({ provide }) {
  const folder = await mkdtemp(join(tmpdir(), 'portfolio-web-'))
  await build({
    root: join(import.meta.dirname, '..'),
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
  })
  const { executablePath, env, missing } = await findChromium()
  if (missing) process.stderr.write(`\nSkipped: every test of portfolio-web that needs a browser: ${missing}\n\n`)
  provide('folder', folder)
  provide('chromium', executablePath ? { executablePath, env: { ...env } } : null)
  return () => rm(folder, { recursive: true })
}
