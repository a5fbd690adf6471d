// What a bundler for browsers gets in place of @ob/proxy: the same names, so that the bundle links, and an error that says what to do.
const refused = undefined as never

export { refused as createNodeHandler, refused as createProxy, refused as createUsage, refused as serveProxy }

throw new Error(
  '@ob/proxy holds an API key and does not run in a browser, where everybody could read the key. Use @ob/browser in the page, and @ob/proxy with the key on your server.',
)
