import { ConfigurationError, createEnvKey, type KeyFunction } from '@ob/core'
import { deno } from './runtime.ts'

/** Reads an environment variable if its permission is granted, so that nobody is asked for one that is not needed. */
export function readVariable(name: string): string | undefined {
  return mayRead(name) ? deno().env.get(name) : undefined
}

/**
 * Reads the key from an environment variable, each time it is asked. Needs `--allow-env=<name>`.
 *
 * @throws {ConfigurationError} at the first call, when the variable is not set or may not be read
 */
export function envKey(name = 'ONEBALANCE_API_KEY'): KeyFunction {
  return explainDenial(name, createEnvKey(name, readVariable))
}

/**
 * Says which permission is missing instead of that there is no key.
 *
 * @throws {ConfigurationError} when the source fails and the variable may not be read
 */
export function explainDenial(name: string, source: KeyFunction): KeyFunction {
  return async (question) => {
    try {
      return await source(question)
    } catch (error) {
      if (mayRead(name)) throw error
      throw new ConfigurationError({
        message: `the environment variable ${name} may not be read`,
        hint: `Run Deno with --allow-env=${name}, or give the key as apiKey.`,
      })
    }
  }
}

/** Whether a variable's permission is granted; never asks for it. */
export function mayRead(variable: string): boolean {
  return deno().permissions.querySync({ name: 'env', variable }).state === 'granted'
}

/** Whether the permission of every variable is granted, with none denied; never asks for it. */
export function mayReadAll(): boolean {
  const { state, partial } = deno().permissions.querySync({ name: 'env' })
  return state === 'granted' && !partial
}
