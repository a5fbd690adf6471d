export * from './index.ts'
export {
  createNodeHandler,
  type NodeHandler,
  type NodeProxyOptions,
  type ProxyServer,
  type ServeProxyOptions,
  serveProxy,
} from './node-server.ts'
