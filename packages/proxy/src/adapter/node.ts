export { createNodeAdapter as createAdapter } from '@ob/node/adapter'
