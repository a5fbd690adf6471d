import type { Api } from './api.ts'
import { isOneBalanceError } from './errors/base.ts'
import { ConfigurationError } from './errors/classes.ts'
import type { KeyFunction } from './secret.ts'

/** Reads an environment variable; `undefined` where it is not set or may not be read. */
export type ReadVariable = (name: string) => string | undefined

/** A file as a key source sees it. */
export interface KeyFile {
  /** Something that changes when the file does. */
  version(): Promise<string>
  read(): Promise<string>
}

/**
 * A key source over an environment variable, which is read each time it is asked.
 *
 * @throws {ConfigurationError} at the first call, when the variable is not set
 */
export function createEnvKey(name: string, read: ReadVariable): KeyFunction {
  return () => {
    const value = read(name)
    if (value) return value
    throw new ConfigurationError({
      message: `there is no key: the environment variable ${name} is not set`,
      hint: `Set ${name} (or ${name}_FILE to a file that holds the key), or give the key as apiKey.`,
    })
  }
}

/**
 * A key source over a file, which is read again when it changes and when the key is rejected. White space around the key is cut off.
 *
 * @throws {ConfigurationError} at the first call, when the file cannot be read; it names the path and never the content
 */
export function createFileKey(path: string, file: KeyFile): KeyFunction {
  let known: { readonly version: string; readonly key: string } | undefined
  return async ({ rejected }) => {
    try {
      const version = await file.version()
      if (!known || rejected || known.version !== version) known = { version, key: (await file.read()).trim() }
      return known.key
    } catch (error) {
      if (isOneBalanceError(error)) throw error
      const { code, name } = error as { code?: unknown; name?: unknown }
      throw new ConfigurationError({
        message: `the key file ${path} cannot be read: ${String(code ?? name)}`,
        hint: 'Check the path and the permissions of the file.',
      })
    }
  }
}

/** The default key source of an API: its variable, then the file that `<variable>_FILE` names. */
export function createDefaultKey(api: Api, read: ReadVariable, fileKey: (path: string) => KeyFunction): KeyFunction {
  const fromVariable = createEnvKey(api.keyEnv, read)
  let file: { readonly path: string; readonly key: KeyFunction } | undefined
  return (question) => {
    const path = read(`${api.keyEnv}_FILE`)
    if (read(api.keyEnv) || !path) return fromVariable(question)
    if (file?.path !== path) file = { path, key: fileKey(path) }
    return file.key(question)
  }
}

/** The base URL that the environment sets for an API: `ONEBALANCE_BASE_URL` beside `ONEBALANCE_API_KEY`. */
export function readBaseURL(api: Api, read: ReadVariable): string | undefined {
  return read(`${api.keyEnv.replace(/_API_KEY$/, '')}_BASE_URL`) || undefined
}

/**
 * Refuses a plain-HTTP request that a proxy variable would take off this machine, with the key in clear.
 *
 * @throws {ConfigurationError}
 */
export function refuseProxiedLoopback(url: string, read: ReadVariable): void {
  if (!url.startsWith('http:')) return
  const proxy = PROXY_VARIABLES.find((name) => read(name))
  if (!proxy) return
  const { hostname, host } = new URL(url)
  const exceptions = (read('NO_PROXY') || read('no_proxy') || '').split(',').map((entry) => entry.trim().toLowerCase())
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (exceptions.some((entry) => entry === '*' || entry === hostname || entry === bare || entry === host)) return
  throw new ConfigurationError({
    message: `${proxy} would send this request, and the key in clear, to a proxy instead of to this machine`,
    hint: `Set NO_PROXY=${hostname}, or unset ${proxy}.`,
  })
}

const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'] as const
