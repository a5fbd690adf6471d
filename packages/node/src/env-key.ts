import { ConfigurationError, type KeyFunction } from '@ob/core'

/**
 * Reads the key from an environment variable, each time it is asked.
 *
 * @throws {ConfigurationError} at the first call, when the variable is not set
 */
export function envKey(name = 'ONEBALANCE_API_KEY'): KeyFunction {
  return () => {
    const value = process.env[name]
    if (value) return value
    throw new ConfigurationError({
      message: `there is no key: the environment variable ${name} is not set`,
      hint: `Set ${name}, or give the key as apiKey.`,
    })
  }
}
