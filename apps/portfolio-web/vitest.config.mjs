import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: 'test/global-setup.mjs',
    // Pages wait for what they show, and say themselves what they waited for in vain.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
