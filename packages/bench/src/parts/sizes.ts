import { bundle, type Size, sizeOf } from '../bundle.ts'
import { NODE_CONTESTANTS } from '../clients/index.ts'

/** Bytes of a bundle by platform; none where the client cannot be bundled for it. */
export type SizesResult = Readonly<Record<string, Readonly<Partial<Record<'browser' | 'node', Size>>>>>

/** Programs of ours whose browser bundles are held to a recorded size: `sizes.json`. */
export const OURS: Readonly<Record<string, string>> = {
  '@ob/core, one endpoint': `import { createCaller } from '@ob/core'
import { listAssets } from '@ob/core/onebalance'
export const list = (apiKey) => createCaller({ apiKey })(listAssets)`,
  '@ob/core, every endpoint': `import { createClient } from '@ob/core'
export { createClient }`,
  '@ob/browser, every endpoint': `import { createClient } from '@ob/browser'
export { createClient }`,
}

/** Bundles every client, with what one call of it needs. */
export async function measureSizes(log: (line: string) => void): Promise<SizesResult> {
  const result: Record<string, Partial<Record<'browser' | 'node', Size>>> = {}
  for (const [name, source] of Object.entries(OURS)) result[name] = { browser: sizeOf(await bundle(source, 'browser')) }
  for (const { name, module, kind } of NODE_CONTESTANTS) {
    if (kind === 'noise') continue
    const source = `export { create } from './dist/clients/${module}.js'`
    const sizes: Partial<Record<'browser' | 'node', Size>> = { node: sizeOf(await bundle(source, 'node')) }
    // What is made for Node.js alone cannot be resolved for a browser; ours is replaced there by a module that throws.
    const browser = kind === 'ours' ? undefined : await bundle(source, 'browser').catch(() => undefined)
    result[name] = browser === undefined ? sizes : { ...sizes, browser: sizeOf(browser) }
    log(`sizes: ${name} ${JSON.stringify(result[name])}`)
  }
  return result
}
