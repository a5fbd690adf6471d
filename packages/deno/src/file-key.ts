import { ConfigurationError, createFileKey, type KeyFunction } from '@ob/core'
import { deno, isDenied } from './runtime.ts'

/**
 * Reads the key from a file, such as a mounted secret, and again when the file changes or the key is rejected. White space around it
 * is cut off. Needs `--allow-read=<path>`.
 *
 * @throws {ConfigurationError} at the first call, when the file cannot be read; it names the path and never the content
 */
export function fileKey(path: string): KeyFunction {
  return createFileKey(path, {
    version: () =>
      explain(path, async () => {
        const { mtime, size, ino } = await deno().stat(path)
        return `${mtime?.getTime()} ${size} ${ino}`
      }),
    read: () => explain(path, () => deno().readTextFile(path)),
  })
}

async function explain<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!isDenied(error)) throw error
    throw new ConfigurationError({
      message: `the key file ${path} may not be read`,
      hint: `Run Deno with --allow-read=${path}.`,
    })
  }
}
