import { readFile, stat } from 'node:fs/promises'
import { createFileKey, type KeyFunction } from '@ob/core'

/**
 * Reads the key from a file, such as a mounted secret, and again when the file changes or the key is rejected. White space around it
 * is cut off.
 *
 * @throws {ConfigurationError} at the first call, when the file cannot be read; it names the path and never the content
 */
export function fileKey(path: string): KeyFunction {
  return createFileKey(path, {
    version: async () => {
      const { mtimeMs, size, ino } = await stat(path)
      return `${mtimeMs} ${size} ${ino}`
    },
    read: () => readFile(path, 'utf8'),
  })
}
