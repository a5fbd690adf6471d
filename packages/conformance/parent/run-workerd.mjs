// Runs the cases in workerd, by miniflare. A worker trusts the certificates that its network service is told, for all requests.
import { join } from 'node:path'
import { build } from 'esbuild'
import { inSession } from './run-suite.mjs'

/** The name and version of workerd, or undefined without it. */
export async function findWorkerd() {
  try {
    const { default: manifest } = await import('workerd/package.json', { with: { type: 'json' } })
    return manifest.version
  } catch {
    return undefined
  }
}

export async function runInWorkerd(certificates, ids) {
  const { Miniflare, Log, LogLevel } = await import('miniflare')
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../dist/worker.js')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
  })
  return inSession({ certificates, spawnProgram: undefined }, async ({ setup, sandbox }) => {
    const worker = new Miniflare({
      modules: true,
      script: outputFiles[0].text,
      compatibilityDate: '2026-07-01',
      bindings: { SETUP: JSON.stringify(setup) },
      log: new Log(LogLevel.ERROR),
      outboundService: {
        network: {
          allow: ['public', 'private'],
          tlsOptions: { trustedCertificates: [certificates.ca, sandbox.ca], trustBrowserCas: false },
        },
      },
    })
    try {
      const results = []
      for (const id of ids) {
        const response = await worker.dispatchFetch(`http://worker/?id=${encodeURIComponent(id)}`)
        results.push(response.ok ? await response.json() : { id, status: 'failed', note: await response.text(), ms: 0 })
      }
      return results
    } finally {
      await worker.dispose()
    }
  })
}
