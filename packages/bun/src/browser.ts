// What a bundler for browsers gets in place of @ob/bun: the same names, so that the bundle links, and an error that says what to do.
export * from '@ob/core'

const refused = undefined as never

export {
  refused as createCaller,
  refused as createClient,
  refused as createTransport,
  refused as envKey,
  refused as fileKey,
}

throw new Error(
  '@ob/bun holds an API key and does not run in a browser, where everybody could read the key. Use @ob/browser in the page, and @ob/proxy with the key on your server.',
)
