import { describe, expect, it } from 'vitest'
import { askForOffer, hasBrowser, hurry, pass, stage, useBrowser } from './fixture.mjs'

describe.skipIf(!hasBrowser)('the journey', () => {
  const { open } = useBrowser()

  it('goes from holdings to an offer, a swap with live status, and the history', async () => {
    const { page, sandbox, problems } = await open()
    const total = page.getByTestId('total')
    await total.waitFor()
    expect(await total.textContent()).toMatch(/^\$[\d,]+\.\d\d$/)
    expect(await page.getByRole('img', { name: /How the value is spread: .*USDC/ }).count()).toBe(1)
    await page.getByText('No swaps yet.').waitFor()

    await page.getByLabel('Asset to pay').selectOption('USDC')
    await page.getByLabel('Asset to receive').selectOption('ETH')
    await askForOffer(page, '30')
    expect(await page.getByTestId('offer-get').textContent()).toBe('0.00999 ETH')
    await page.getByText('1 ETH = 3,003.003003 USDC').waitFor()
    await page.getByRole('button', { name: 'Swap now' }).click()
    for (const [status, ms] of [
      ['PENDING', 450],
      ['IN_PROGRESS', 800],
      ['EXECUTED', 1_200],
    ]) {
      sandbox.clock.advance(ms)
      await hurry(page, stage(page, status))
    }
    await page.getByRole('status').filter({ hasText: 'It goes on if you leave this page.' }).waitFor()
    sandbox.clock.advance(1_200)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    await page.getByText('You paid 30 USDC and received 0.00999 ETH.').waitFor()

    const entry = page.locator('.history li').first()
    await entry.getByText('Settled').waitFor()
    expect(await entry.textContent()).toContain('0.00999 ETH')
    expect([...sandbox.executed.values()]).toEqual([1])
    await page.getByRole('button', { name: 'Swap again' }).click()
    expect(await page.getByLabel('You pay').inputValue()).toBe('')
    expect(problems).toEqual([])
  })

  it('takes what exists on Solana only to the Solana account', async () => {
    const { page, sandbox } = await open()
    await page.getByLabel('Asset to receive').selectOption('SOL')
    await askForOffer(page, '15')
    await page.getByText('Arrives on').locator('..').getByText('Solana').waitFor()
    await page.getByRole('button', { name: 'Swap now' }).click()
    await pass(sandbox, page, 4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
  })

  it('sends once, however often the button is pressed', async () => {
    const { page, sandbox } = await open()
    await askForOffer(page)
    const button = await page.getByRole('button', { name: 'Swap now' }).elementHandle()
    const sent = page.waitForRequest('**/execute-quote')
    await button.evaluate((element) => {
      for (let presses = 0; presses < 5; presses += 1) element.click()
    })
    await sent
    // A press that was on its way when the button went.
    await button.evaluate((element) => element.click())
    await pass(sandbox, page, 4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    expect(sandbox.requests.filter(({ endpoint }) => endpoint === 'executeQuote')).toHaveLength(1)
  })

  it('goes on watching after a reload, and does not send again', async () => {
    const { page, sandbox } = await open()
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    sandbox.clock.advance(1_500)
    await hurry(page, stage(page, 'IN_PROGRESS'))
    await page.reload()
    await page.getByText(/^25.5 \w+ to/).waitFor()
    sandbox.clock.advance(3_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    expect([...sandbox.executed.values()]).toEqual([1])
    await page.reload()
    await page.getByRole('heading', { name: 'Swap', exact: true }).waitFor()
  })

  it('lets an offer expire, and gets a new one', async () => {
    const { page, sandbox } = await open()
    await askForOffer(page)
    await pass(sandbox, page, 31_000)
    await page.getByText('This offer has expired.').waitFor()
    expect(await page.getByRole('button', { name: 'Swap now' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Get a new offer' }).click()
    await page.getByRole('button', { name: 'Swap now' }).waitFor()
    expect(sandbox.executed.size).toBe(0)
  })

  it('shows the history a page at a time, and the focus follows', async () => {
    const { page, sandbox } = await open({ before: ({ sandbox }) => fillHistory(sandbox, 23) })
    const entries = page.locator('.history li.entry')
    await entries.nth(9).waitFor()
    expect(await entries.count()).toBe(10)
    await page.getByRole('button', { name: 'Show more' }).click()
    await entries.nth(19).waitFor()
    expect(await focusedIndex(page)).toBe(10)
    await page.getByRole('button', { name: 'Refresh history' }).click()
    await page.locator('.history[aria-busy="false"]').waitFor()
    expect(await entries.count()).toBe(20)
    await page.getByRole('button', { name: 'Show more' }).click()
    await entries.nth(22).waitFor()
    expect(await focusedIndex(page)).toBe(20)
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0)
    expect(await entries.evaluateAll((all) => new Set(all.map((one) => one.dataset.quote)).size)).toBe(23)
    expect(sandbox.requests.filter(({ status }) => status !== 200 && status !== 201)).toEqual([])
  })

  it('says so where there is nothing', async () => {
    const { page } = await open({
      before: ({ sandbox }) =>
        sandbox.faults.on('balances.aggregated', {
          body: { balanceByAggregatedAsset: [], totalBalance: { fiatValue: 0 } },
        }),
    })
    await page.getByText('Nothing here yet.').waitFor()
    await page.getByText('No swaps yet.').waitFor()
  })

  it('shows that it is loading', async () => {
    let release
    const held = new Promise((resolve) => {
      release = resolve
    })
    const { page } = await open({
      before: ({ page }) =>
        page.route('**/onebalance/**', async (route) => {
          await held
          await route.continue()
        }),
    })
    await page.getByRole('status').filter({ hasText: 'Loading holdings' }).waitFor({ state: 'attached' })
    await page.getByRole('status').filter({ hasText: 'Loading history' }).waitFor({ state: 'attached' })
    expect(await page.locator('[aria-busy="true"]').count()).toBe(2)
    release()
    await page.getByTestId('total').waitFor()
    expect(await page.locator('[aria-busy="true"]').count()).toBe(0)
  })

  it('checks the amount before it asks', async () => {
    const { page, sandbox } = await open()
    const amount = page.getByLabel('You pay')
    for (const [typed, problem] of [
      ['', 'Enter an amount.'],
      ['12,5', 'Enter digits with one dot at most, such as 12.5.'],
      ['0.0', 'Enter an amount above zero.'],
      ['0.0000001', 'USDT has 6 decimal places: enter no more than that.'],
      ['100000', /^You hold [\d.,]+ USDT: enter that much or less\.$/],
    ]) {
      await amount.fill(typed)
      await page.getByRole('button', { name: 'Get an offer' }).click()
      await page.getByRole('alert').filter({ hasText: problem }).waitFor()
      expect(await amount.getAttribute('aria-invalid')).toBe('true')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('amount')
    }
    await page.getByRole('button', { name: /^Use all / }).click()
    expect(await amount.getAttribute('aria-invalid')).toBe('false')
    await page.getByRole('button', { name: 'Get an offer' }).click()
    await page.getByRole('heading', { name: 'Your offer' }).waitFor()
    expect(sandbox.requests.filter(({ endpoint }) => endpoint === 'createQuote')).toHaveLength(1)
  })

  it('remembers the theme', async () => {
    const { page } = await open({ context: { colorScheme: 'light' } })
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    const light = await background()
    await page.getByRole('radio', { name: 'Dark' }).check({ force: true })
    const dark = await background()
    expect(dark).not.toBe(light)
    await page.reload()
    await page.getByTestId('total').waitFor()
    expect(await background()).toBe(dark)
    expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true)
    await page.getByRole('radio', { name: 'As the system' }).check({ force: true })
    expect(await background()).toBe(light)
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await background()).toBe(dark)
  })
})

/** Swaps that were made elsewhere, all settled. */
async function fillHistory(sandbox, count) {
  const { createClient, signQuote } = await import('@ob/node')
  const { ACCOUNTS } = await import('../src/account.ts')
  const { demoSigner } = await import('../src/demo-signer.ts')
  const ob = createClient({ apiKey: sandbox.keys.full, baseURL: sandbox.url, ca: sandbox.ca })
  for (let index = 0; index < count; index += 1) {
    const quote = await ob.quotes.create({
      from: { accounts: ACCOUNTS, asset: { assetId: 'ob:usdc' }, amount: String(1_000_000 + index) },
      to: { asset: { assetId: 'ob:eth' } },
    })
    await ob.quotes.execute(await signQuote(quote, demoSigner))
  }
  await ob.close()
  sandbox.clock.advance(60_000)
}

function focusedIndex(page) {
  return page.evaluate(() => [...document.querySelectorAll('.history li.entry')].indexOf(document.activeElement))
}
