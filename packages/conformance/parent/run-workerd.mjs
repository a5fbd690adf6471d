// Runs the cases in workerd, by miniflare. A worker trusts the certificates that its network service is told, for all requests.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { inSession } from './run-suite.mjs'

/** The version of workerd, which comes with miniflare; undefined without it. */
export function findWorkerd() {
  try {
    const miniflare = createRequire(import.meta.url).resolve('miniflare')
    return createRequire(miniflare)('workerd/package.json').version
  } catch {
    return undefined
  }
}

export async function runInWorkerd(certificates, ids) {
  return inSession({ certificates, spawnProgram: undefined }, async ({ setup, sandbox }) => {
    const worker = await startWorker(join(import.meta.dirname, '../dist/worker.js'), [certificates.ca, sandbox.ca], {
      SETUP: JSON.stringify(setup),
    })
    try {
      const results = []
      for (const id of ids) {
        const response = await worker.dispatchFetch(`http://worker/?id=${encodeURIComponent(id)}`)
        results.push(response.ok ? await response.json() : { id, status: 'failed', note: await response.text() })
      }
      return results
    } finally {
      await worker.dispose()
    }
  })
}

/** Bundles a module and starts it as a worker that trusts these authorities. */
export async function startWorker(entry, trustedCertificates, bindings) {
  const { Miniflare } = await import('miniflare')
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
  })
  return new Miniflare({
    modules: true,
    script: outputFiles[0].text,
    compatibilityDate: '2026-07-01',
    bindings,
    // What workerd prints of every refused connection is what the cases expect.
    handleRuntimeStdio: (...streams) => {
      for (const stream of streams) stream.resume()
    },
    outboundService: {
      network: { allow: ['public', 'private'], tlsOptions: { trustedCertificates, trustBrowserCas: false } },
    },
  })
}
