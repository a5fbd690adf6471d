// What one runtime's run needs beside itself: a sandbox, fault servers on demand, programs to start. The cases reach it by plain HTTP on loopback.
import { createServer } from 'node:http'
import { openFaultServer } from './fault-server.mjs'

/**
 * Opens a session. `spawnProgram(name, env)` runs one of src/programs in the same runtime and gives `{ code, output }`.
 *
 * @returns `{ url, ask(op, input), close() }`: at the URL, JSON of `{ op, ... }` in, JSON out
 */
export async function openSession({ sandbox, certificates, spawnProgram }) {
  const servers = new Map()
  const operations = {
    async open({ options }) {
      const server = await openFaultServer(options, certificates)
      servers.set(server.port, server)
      return { port: server.port }
    },
    log: ({ port }) => servers.get(port).log,
    close({ port }) {
      servers.get(port).close()
      servers.delete(port)
    },
    fault: ({ endpoint, fault, times }) =>
      endpoint ? sandbox.faults.on(endpoint, fault, { times }) : sandbox.faults.next(fault),
    clearFaults: () => sandbox.faults.clear(),
    advance: ({ ms }) => sandbox.clock.advance(ms),
    now: () => sandbox.clock.now(),
    executed: ({ quoteId }) => sandbox.executed.get(quoteId) ?? 0,
    requestCount: () => sandbox.requests.length,
    requests: ({ from }) => sandbox.requests.slice(from),
    revoke: ({ key }) => sandbox.revoke(key),
    program: ({ name, env }) => spawnProgram(name, env),
  }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    try {
      const { op, ...input } = JSON.parse(text)
      const output = (await operations[op](input)) ?? null
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(output))
    } catch (error) {
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify(String(error?.stack)))
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ask: async (op, input) => operations[op](input),
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      for (const { close } of servers.values()) close()
      server.closeAllConnections()
      server.close()
    },
  }
}
