import { denoAdapter } from '@ob/deno/adapter'

/** What Deno adds to the engine. */
export const createAdapter = (): typeof denoAdapter => denoAdapter
