import { bunAdapter } from '@ob/bun/adapter'

/** What Bun adds to the engine. */
export const createAdapter = (): typeof bunAdapter => bunAdapter
