import { startSandbox } from '@ob/sandbox'
import { chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, inject } from 'vitest'
import { startServer } from '../server.mjs'

const found = inject('chromium')

/** Whether there is a browser. Without one the tests are skipped, which the set-up has said by name. */
export const hasBrowser = found !== null

/** The sandbox's clock by its page. */
const clocks = new WeakMap()

/** A browser for the file's tests, with whatever arguments. */
export function useBrowser(args = []) {
  const holder = {}
  const ends = []
  beforeAll(async () => {
    if (found) holder.browser = await chromium.launch({ ...found, args: ['--no-sandbox', ...args] })
  })
  afterAll(() => holder.browser?.close())
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  return {
    /**
     * A sandbox, the server before it, and a page that is open on it.
     *
     * @param options `sandbox`: options of the sandbox; `key`: which of its keys the server has; `context`: of the browser;
     * `before`: what happens before the page is opened; `locate`: the page's address by the server's
     */
    async open({ sandbox: options, key = 'full', context: of = {}, before, locate = (url) => url } = {}) {
      const sandbox = await startSandbox(options)
      const server = await startServer({
        folder: inject('folder'),
        apiKey: sandbox.keys[key],
        baseURL: sandbox.url,
        ca: sandbox.ca,
        // One clock for the sandbox and the proxy, so that a test moves both.
        runtime: { now: sandbox.clock.now },
        // Its limit goes by the system's clock, by which a hurried page asks far more often than a person's does.
        rateLimit: { points: 100_000, duration: 60 },
        log() {},
      })
      // The sandbox ends first, so that nothing waits for an answer that a fault holds back.
      ends.push(server.close, () => sandbox.close())
      const context = await holder.browser.newContext({ viewport: { width: 1280, height: 900 }, ...of })
      context.setDefaultTimeout(15_000)
      ends.push(() => context.close())
      const page = await context.newPage()
      await page.clock.install()
      clocks.set(page, sandbox.clock)
      const problems = []
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => message.text().includes('Content Security') && problems.push(message.text()))
      await before?.({ sandbox, server, context, page })
      await page.goto(locate(server.url))
      return { sandbox, server, context, page, problems }
    },
  }
}

/** Waits for something while the page's clock runs fast, so that polls and backoff take no time. */
export async function hurry(page, locator, step = 500) {
  for (let turns = 0; turns < 400 && !(await locator.isVisible()); turns += 1) await page.clock.fastForward(step)
  await locator.waitFor()
}

/** Moves the sandbox's time and the page's by as much. */
export async function pass(sandbox, page, ms) {
  sandbox.clock.advance(ms)
  await page.clock.fastForward(ms)
}

/** From the form to an offer. */
export async function askForOffer(page, amount = '25.5') {
  // A page that was hurried is ahead, the more the slower the machine, and the offer would be past its time.
  await page.clock.setSystemTime(clocks.get(page).now())
  await page.getByLabel('You pay').fill(amount)
  await page.getByRole('button', { name: 'Get an offer' }).click()
  await page.getByRole('heading', { name: 'Your offer' }).waitFor()
}

/** The entry of a status while the swap is there. */
export function stage(page, status) {
  return page.locator(`[aria-current="step"][data-status="${status}"]`)
}
