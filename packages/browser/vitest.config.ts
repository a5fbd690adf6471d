import { defineConfig } from 'vitest/config'

// Real sockets on a busy machine: a case that hangs is caught by the test itself.
export default defineConfig({ test: { testTimeout: 30_000, hookTimeout: 30_000 } })
