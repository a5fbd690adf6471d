import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { askForOffer, hasBrowser, hurry, pass, stage, useBrowser } from './fixture.mjs'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds that is serious or critical, each with the first place where it is. */
async function findSerious(page) {
  // Through the debugger, which the page's own policy does not bind.
  await page.evaluate(axe)
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document))
  expect(passes.length).toBeGreaterThan(15)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`)
}

describe.skipIf(!hasBrowser)('everybody can use it', () => {
  const { open } = useBrowser()

  it.each([
    ['light', 'desktop', { width: 1280, height: 900 }],
    ['dark', 'desktop', { width: 1280, height: 900 }],
    ['light', 'phone', { width: 360, height: 740 }],
    ['dark', 'phone', { width: 360, height: 740 }],
  ])('axe finds nothing serious in %s on a %s, and nothing runs over the side', async (colorScheme, _, viewport) => {
    const { page, sandbox } = await open({ context: { colorScheme, viewport, reducedMotion: 'reduce' } })
    const found = {}
    const look = async (name) => {
      found[name] = await findSerious(page)
      const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement)
      if (scrollWidth > clientWidth) found[name].push(`${scrollWidth} px wide in ${clientWidth} px`)
    }
    await page.getByTestId('total').waitFor()
    await page.locator('.holding summary').first().click()
    await page.getByRole('button', { name: 'Get an offer' }).click()
    await page.getByText('Enter an amount.').waitFor()
    await look('form')
    await askForOffer(page)
    await look('offer')
    await page.getByRole('button', { name: 'Swap now' }).click()
    sandbox.clock.advance(1_300)
    await hurry(page, stage(page, 'IN_PROGRESS'))
    await look('running')
    await pass(sandbox, page, 4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    await look('settled')
    await page.getByRole('button', { name: 'Swap again' }).click()

    sandbox.faults.on('balances.aggregated', { status: 500 })
    sandbox.faults.on('quotes.execute', { reset: 'before' }, { times: 1 })
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    await hurry(page, page.locator('.swap .notice[data-code="outcome_unknown"]'))
    await hurry(page, page.locator('.holdings .notice[data-code="server_error"]'))
    sandbox.faults.on('transactions.list', { status: 429, headers: { 'retry-after': '30' } })
    await page.getByRole('button', { name: 'Refresh history' }).click()
    await hurry(page, page.locator('.history .notice[data-code="rate_limited"]'))
    await look('failed')
    expect(found).toEqual({ form: [], offer: [], running: [], settled: [], failed: [] })
  })

  it('works with the keyboard alone, and the focus is never lost', async () => {
    const { page, sandbox } = await open()
    await page.getByTestId('total').waitFor()
    const press = (key) => page.keyboard.press(key)
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: element } = document
        const label = element.labels?.[0]?.textContent
        return element.ariaLabel ?? label ?? element.textContent.trim()
      })
    /** Presses Tab until the focus is there, so that the way counts and not the number of steps. */
    const tabTo = async (name) => {
      const seen = []
      for (let steps = 0; steps < 40; steps += 1) {
        await press('Tab')
        seen.push(await focused())
        if (name.test(seen.at(-1) ?? '')) return
      }
      throw new Error(`Tab does not lead to ${name}, but to ${seen.join(', ')}`)
    }

    await press('Tab')
    expect(await focused()).toBe('Skip to the content')
    await press('Enter')
    expect(await page.evaluate(() => document.activeElement.id)).toBe('content')
    await tabTo(/^USDTTether USD/)
    await press('Enter')
    await page.locator('.holding').first().getByText('Arbitrum').waitFor()
    await tabTo(/^You pay$/)
    await page.keyboard.type('12.5')
    await press('Enter')
    await page.getByRole('heading', { name: 'Your offer' }).waitFor()
    expect(await focused()).toBe('Your offer')
    await tabTo(/^Swap now$/)
    await press('Space')
    await page.getByRole('heading', { name: 'Swapping' }).waitFor()
    expect(await focused()).toBe('Swapping')
    await pass(sandbox, page, 4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    expect(await focused()).toBe('Swap settled')
    await tabTo(/^Swap again$/)
    await press('Enter')
    await page.getByLabel('You pay').waitFor()
    expect(await focused()).toBe('Swap')
    expect([...sandbox.executed.values()]).toEqual([1])
  })

  it('chooses the theme with the arrows', async () => {
    const { page } = await open({ context: { colorScheme: 'light' } })
    await page.getByRole('radio', { name: 'As the system' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  })

  it('shows where the focus is', async () => {
    const { page } = await open()
    await page.getByTestId('total').waitFor()
    const unseen = []
    const seen = []
    for (;;) {
      await page.keyboard.press('Tab')
      const { name, isSeen } = await page.evaluate(() => {
        const { activeElement: element, body } = document
        if (element === body) return {}
        // The field and the choices show it on what is around them.
        const around = [element, element.closest('label'), element.closest('.side')].filter(Boolean)
        const isSeen = around.some((one) => {
          const { outlineStyle, borderColor } = getComputedStyle(one)
          return outlineStyle !== 'none' || (one.matches('.side') && borderColor !== 'rgba(0, 0, 0, 0)')
        })
        return { name: element.outerHTML.slice(0, 80), isSeen }
      })
      if (!name) break
      ;(isSeen ? seen : unseen).push(name)
    }
    expect(seen.length).toBeGreaterThan(12)
    expect(unseen).toEqual([])
  })

  it('tells a screen reader the whole page', async () => {
    const { page } = await open()
    await page.getByTestId('total').waitFor()
    const tree = await page.locator('body').ariaSnapshot()
    for (const line of [
      '- heading "Portfolio" [level=1]',
      '- main',
      '- heading "Holdings" [level=2]',
      'img "How the value is spread: USDT 34.9%, USDC 30.9%, ETH 27.3%, SOL 7%"',
      '- heading "Swap" [level=2]',
      '- textbox "You pay"',
      '- combobox "Asset to pay"',
      '- combobox "Asset to receive"',
      '- combobox "The price may get worse by"',
      '- button "Turn the swap around"',
      '- heading "History" [level=2]',
      '- radio "Dark"',
    ])
      expect(tree).toContain(line)
  })
})
