import { type AnyEndpoint, isEndpoint, listEndpoints } from '@ob/core'
import * as contract from '@ob/core/onebalance'

/** Every endpoint value of the contract, by the name it is exported under. */
export const ENDPOINTS: ReadonlyMap<string, AnyEndpoint> = new Map(
  Object.entries(contract).filter((entry): entry is [string, AnyEndpoint] => isEndpoint(entry[1])),
)

/** The name of the endpoint that a request is for. */
export function findEndpoint(method: string, path: string): string | undefined {
  for (const [name, endpoint] of ENDPOINTS) if (endpoint.path === path && endpoint.method === method) return name
  return undefined
}

/** The methods that the contract has for a path; none where it does not know the path. */
export function findMethods(path: string): readonly string[] {
  return [...ENDPOINTS.values()].filter((endpoint) => endpoint.path === path).map(({ method }) => method)
}

/**
 * The exported name for either spelling: `executeQuote` or `quotes.execute`.
 *
 * @throws for a name that no endpoint has
 */
export function toEndpointName(name: string): string {
  if (ENDPOINTS.has(name)) return name
  const placed = listEndpoints(contract.oneBalance).find((one) => one.name === name)?.endpoint
  const found = [...ENDPOINTS].find(([, endpoint]) => endpoint === placed)?.[0]
  if (!found) throw new Error(`no endpoint is called ${name}; use one of ${[...ENDPOINTS.keys()].join(', ')}`)
  return found
}
