// The page, and the proxy that has the key, on one address. Beside the sandbox that `npm run web` starts, or with the service and the
// key that the environment names.
import process from 'node:process'
import { startServer } from './server.mjs'
import { readService } from './service.mjs'

const port = Number(process.env.PORT ?? 5173)
try {
  const { url, close } = await startServer({ port, ...readService(process.env) })
  console.log(`\n  Portfolio: ${url}\n\n  The API key is in this process only; the page has none. Ctrl-C ends it.\n`)
  // `on`, since Ctrl-C comes twice: from the terminal, and passed on by the program that started this one.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, close)
} catch (error) {
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is taken. Choose another: PORT=5174 npm run web`)
  process.exitCode = 1
}
