import { readFile, stat } from 'node:fs/promises'
import { ConfigurationError, type KeyFunction } from '@ob/core'

/**
 * Reads the key from a file, such as a mounted secret, and again when the file changes or the key is rejected. White space around it
 * is cut off.
 *
 * @throws {ConfigurationError} at the first call, when the file cannot be read; it names the path and never the content
 */
export function fileKey(path: string): KeyFunction {
  let known: { readonly version: string; readonly key: string } | undefined
  return async ({ rejected }) => {
    try {
      const { mtimeMs, size, ino } = await stat(path)
      const version = `${mtimeMs} ${size} ${ino}`
      if (!known || rejected || known.version !== version)
        known = { version, key: (await readFile(path, 'utf8')).trim() }
      return known.key
    } catch (error) {
      throw new ConfigurationError({
        message: `the key file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'error'}`,
        hint: 'Check the path and the permissions of the file.',
      })
    }
  }
}
