// A bundle of this package as a page loads it, made by esbuild.
import { build, type Metafile } from 'esbuild'

/** Bundles code that imports `@ob/browser`, minified, for a browser unless told otherwise. */
export async function bundle(
  contents: string,
  { platform = 'browser', minify = true }: { platform?: 'browser' | 'neutral'; minify?: boolean } = {},
): Promise<{ readonly code: string; readonly metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify,
    format: 'esm',
    platform,
    target: 'es2022',
    metafile: true,
    logLevel: 'silent',
    alias: {
      '@ob/browser': new URL('../src/index.ts', import.meta.url).pathname,
      '@ob/browser/onebalance': new URL('../src/onebalance.ts', import.meta.url).pathname,
    },
  })
  return { code: outputFiles[0]?.text ?? '', metafile }
}
