// What bundles do as they load: in Chromium where this machine has one, in a context of node:vm otherwise.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { runInNewContext } from 'node:vm'
import { chromium } from 'playwright-core'

/** The first that is there; `CHROMIUM` wins. */
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
)
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' }

/** Where the bundles are evaluated, for the report. */
export const evaluatedIn = executablePath
  ? 'evaluated in Chromium'
  : 'no Chromium on this machine: evaluated in a context of node:vm'

/** Whether whole sites can be opened. */
export const hasBrowser = executablePath !== undefined

/** The message of what each script throws as it loads, `undefined` where it throws nothing. All of them in one page. */
export async function evaluateScripts(scripts) {
  if (!hasBrowser) return scripts.map(evaluateInNode)
  return withPage(async (page) => {
    const messages = []
    page.on('pageerror', ({ message }) => (messages[messages.length - 1] ??= message))
    for (const content of scripts) {
      messages.push(undefined)
      await page.addScriptTag({ content }).catch(() => {})
      // Errors arrive before the answer to what is asked after them.
      await page.evaluate(() => {})
    }
    return messages
  })
}

/** What each page of a folder of files reports as it loads: uncaught errors and the console. */
export async function openPages(folder, paths) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    // Chromium asks for it by itself.
    if (pathname === '/favicon.ico') return response.writeHead(204).end()
    const file = join(folder, normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname))
    const content = await readFile(file).catch(() => undefined)
    response.writeHead(content ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    response.end(content)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${server.address().port}`
  try {
    return await withPage(async (page) => {
      let reported = []
      page.on('pageerror', ({ message }) => reported.push(message))
      page.on('console', (message) => reported.push(message.text()))
      const all = []
      for (const path of paths) {
        reported = []
        await page.goto(`${origin}${path}`, { waitUntil: 'networkidle' })
        all.push(reported)
      }
      return all
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function withPage(use) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    return await use(await browser.newPage())
  } finally {
    await browser.close()
  }
}

function evaluateInNode(code) {
  try {
    runInNewContext(code, { URL, Headers, AbortController, TextEncoder, TextDecoder, setTimeout, clearTimeout })
    return undefined
  } catch (error) {
    return error.message
  }
}
