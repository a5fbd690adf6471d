// The clients that the comparison runs, each set up as its own documentation says for an API with a key header and JSON. One file each.

/**
 * @typedef {object} ClientOptions What a case asks of every client.
 * @property {string} baseURL
 * @property {string} apiKey for the header `x-api-key`
 * @property {number} timeout of an attempt, ms; of the whole call where the client knows no attempts
 * @property {number} maxResponseBytes ignored by a client that has no such limit
 *
 * @typedef {object} Subject One client, ready.
 * @property {(path: string, options?: { signal?: AbortSignal }) => Promise<unknown>} get JSON of the answer
 * @property {(path: string, body: object, options?: { signal?: AbortSignal, once?: boolean }) => Promise<unknown>} post `once`: with the
 *   client's own switch for a request that must not be sent again, where it has one
 * @property {unknown} [client] what the program holds in its hand
 * @property {() => Promise<void>} [close]
 *
 * @typedef {object} Client
 * @property {string} name
 * @property {string | undefined} package its name in the registry; none for what is not installed from there
 * @property {string} setup the options that are set, for the page
 * @property {('retries' | 'abort' | 'object' | 'compression' | 'json anywhere')[]} lacks what it does not have; a case that needs it does not apply
 * @property {(options: ClientOptions) => Subject} create
 */

/** Their files, in the order of the table. */
export const CLIENTS = ['onebalance', 'fetch', 'ofetch', 'ky', 'got', 'axios', 'openai', 'stripe', 'octokit']

/** Loads one, and no other: none shall see what another does to the process. @returns {Promise<Client>} */
export async function loadClient(file) {
  const { client } = await import(`./${file}.mjs`)
  return client
}
