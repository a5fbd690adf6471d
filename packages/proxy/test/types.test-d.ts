// What compiles and what does not.
import { listAssets } from '@ob/core'
import { expectTypeOf } from 'vitest'
import { createProxy, type Proxy as FetchProxy, type ProxyOptions, type RequestInfo, type Usage } from '../src/index.ts'
import { createNodeHandler, type NodeHandler, type ProxyServer, serveProxy } from '../src/node.ts'

expectTypeOf(createProxy).returns.toEqualTypeOf<FetchProxy>()
expectTypeOf<FetchProxy>().parameters.toEqualTypeOf<[request: Request, info?: RequestInfo]>()
expectTypeOf<FetchProxy>().returns.resolves.toEqualTypeOf<Response>()
expectTypeOf(serveProxy).returns.resolves.toEqualTypeOf<ProxyServer>()
expectTypeOf(createNodeHandler).returns.toEqualTypeOf<NodeHandler>()
expectTypeOf<FetchProxy['usage']>().toEqualTypeOf<Usage>()

createProxy({ anonymous: true, allow: [listAssets], cache: false })
createProxy({ authorize: () => ({ id: 'a' }) })
createProxy({ authorize: async () => new Response(null, { status: 401 }) })
createProxy({ authorize: () => null, rateLimit: { points: 1 }, cache: ({ maxAge = 0 }) => maxAge })
createProxy({ authorize: () => undefined, rateLimit: { consume: async () => ({ msBeforeNext: 0 }) } })
createProxy({ anonymous: true, clientAddress: (request) => request.headers.get('x-forwarded-for') ?? undefined })
// @ts-expect-error the options of the server are not those of the handler
createProxy({ anonymous: true, port: 1 })
// @ts-expect-error authorize says who, not yes
createProxy({ authorize: () => true })
// @ts-expect-error an id is text
createProxy({ authorize: () => ({ id: 1 }) })
// @ts-expect-error a path is no endpoint
createProxy({ anonymous: true, allow: ['/api/assets/list'] })
// @ts-expect-error the proxy does not send again
createProxy({ anonymous: true, retry: { maxRetries: 3 } })
// @ts-expect-error no such choice
createProxy({ anonymous: true, onStoreError: 'maybe' })
// @ts-expect-error no such option
createProxy({ anonymous: true, cors: '*' })
const options: ProxyOptions = { anonymous: true }
// @ts-expect-error options cannot be changed
options.prefix = '/a'
