import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Programs resolve their packages, and the clients of the compiled bench, from here. */
const folder = fileURLToPath(new URL('..', import.meta.url))

/** CommonJS inside of a module needs a `require` of its own. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';const require=__createRequire(import.meta.url);"

/** One minified file with all that a program needs. `source` resolves from the package of the bench. */
export async function bundle(source: string, platform: 'browser' | 'node'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform,
    legalComments: 'none',
    logLevel: 'silent',
    ...(platform === 'node' && { banner: { js: REQUIRE } }),
  })
  return outputFiles?.[0]?.text ?? ''
}

/** Bytes of a minified bundle. */
export interface Size {
  readonly minified: number
  readonly gzip: number
}

/** Bytes of a bundle as it is served. */
export function sizeOf(code: string): Size {
  return { minified: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length }
}
