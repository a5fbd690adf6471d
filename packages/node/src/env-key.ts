import { createEnvKey, type KeyFunction } from '@ob/core'

/** Reads an environment variable. */
export const readVariable = (name: string): string | undefined => process.env[name]

/**
 * Reads the key from an environment variable, each time it is asked.
 *
 * @throws {ConfigurationError} at the first call, when the variable is not set
 */
export function envKey(name = 'ONEBALANCE_API_KEY'): KeyFunction {
  return createEnvKey(name, readVariable)
}
