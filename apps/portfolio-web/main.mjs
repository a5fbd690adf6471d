// The page, and the proxy that has the key, on one address. Beside the sandbox that `npm run web` starts, or with the service and the
// key that the environment names.
import process from 'node:process'
import { startServer } from './server.mjs'
import { readService } from './service.mjs'

const { url, close } = await startServer({ port: Number(process.env.PORT ?? 5173), ...readService(process.env) })
console.log(`\n  Portfolio: ${url}\n\n  The API key is in this process only; the page has none. Ctrl-C ends it.\n`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, close)
