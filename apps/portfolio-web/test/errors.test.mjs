import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { askForOffer, hasBrowser, hurry, pass, stage, useBrowser } from './fixture.mjs'

describe.skipIf(!hasBrowser)('what goes wrong is said, with what to do', () => {
  const { open } = useBrowser(['--host-resolver-rules=MAP portfolio.example 127.0.0.1'])

  /** The notice in a part of the page, once it is there: its title, and that it has a hint. */
  async function readNotice(page, part, code) {
    const notice = page.locator(`.${part} .notice[data-code="${code}"]`)
    await hurry(page, notice)
    expect(await notice.getByRole('alert').textContent()).toContain('What to do: ')
    return { notice, title: await notice.getByRole('heading').textContent() }
  }

  /** A page that is there, and whose holdings then fail to load again. */
  async function openAndFail(fault, code) {
    const opened = await open()
    const { page, sandbox } = opened
    await page.getByTestId('total').waitFor()
    sandbox.faults.on('balances.aggregated', fault)
    await page.getByRole('button', { name: 'Refresh holdings' }).click()
    return { ...opened, ...(await readNotice(page, 'holdings', code)) }
  }

  async function recover({ page, sandbox, notice }) {
    sandbox.faults.clear()
    await notice.getByRole('button', { name: 'Try again' }).click()
    await notice.waitFor({ state: 'detached' })
    expect(await page.getByTestId('total').count()).toBe(1)
  }

  it.each([
    ['server_error', { status: 503 }, 'The service has a problem'],
    ['not_found', { status: 404 }, 'This was not found'],
    ['request_rejected', { status: 422 }, 'The request was refused'],
    ['invalid_response', { body: { balanceByAggregatedAsset: 'none' } }, 'The answer cannot be used'],
  ])('%s: keeps what was there, and tries again', async (code, fault, title) => {
    const opened = await openAndFail(fault, code)
    expect(opened.title).toBe(title)
    expect(await opened.page.getByTestId('total').count()).toBe(1)
    await opened.notice.getByText('Details for support').click()
    await opened.notice.getByText('Code').locator('..').getByText(code).waitFor()
    await recover(opened)
    expect(opened.problems).toEqual([])
  })

  it('rate_limited: counts down, and only then tries again', async () => {
    const { page, sandbox, notice, title } = await openAndFail(
      { status: 429, headers: { 'retry-after': '30' } },
      'rate_limited',
    )
    expect(title).toBe('Too many requests')
    const button = notice.getByRole('button', { name: /^Try again/ })
    expect(await button.textContent()).toMatch(/^Try again in (30|2\d) s$/)
    expect(await button.isDisabled()).toBe(true)
    await pass(sandbox, page, 20_000)
    await notice.getByText(/^Try again in (10|\d) s$/).waitFor()
    await pass(sandbox, page, 11_000)
    await notice.getByRole('status').filter({ hasText: 'You can try again now.' }).waitFor({ state: 'attached' })
    expect(await button.isDisabled()).toBe(false)
    await recover({ page, sandbox, notice })
  })

  it('unauthorized: the session is over, and a reload begins another', async () => {
    const { page, context } = await open()
    await page.getByTestId('total').waitFor()
    await context.clearCookies()
    await page.getByRole('button', { name: 'Refresh holdings' }).click()
    const { notice, title } = await readNotice(page, 'holdings', 'unauthorized')
    expect(title).toBe('Your session has ended')
    await notice.getByRole('button', { name: 'Reload the page' }).click()
    await notice.waitFor({ state: 'detached' })
    await page.getByTestId('total').waitFor()
  })

  it('a key that the API refuses is the fault of the service, not of the visitor', async () => {
    const { page, sandbox } = await open()
    await page.getByTestId('total').waitFor()
    sandbox.revoke(sandbox.keys.full)
    await page.getByRole('button', { name: 'Refresh holdings' }).click()
    const { title } = await readNotice(page, 'holdings', 'server_error')
    expect(title).toBe('The service has a problem')
  })

  it('network: says that there is no connection', async () => {
    const { page, context } = await open()
    await page.getByTestId('total').waitFor()
    await context.setOffline(true)
    await page.getByRole('button', { name: 'Refresh history' }).click()
    const { notice, title } = await readNotice(page, 'history', 'network')
    expect(title).toBe('There is no connection')
    await context.setOffline(false)
    await notice.getByRole('button', { name: 'Try again' }).click()
    await notice.waitFor({ state: 'detached' })
  })

  it('timeout: does not wait for ever', async () => {
    const { page, sandbox } = await open()
    await page.getByTestId('total').waitFor()
    sandbox.faults.on('balances.aggregated', { stall: 'head' })
    await page.getByRole('button', { name: 'Refresh holdings' }).click()
    const { title } = await readNotice(page, 'holdings', 'timeout')
    expect(title).toBe('It took too long')
  })

  it.each([
    ['response_too_large', { body: `"${'a'.repeat(17_000_000)}"`, contentType: 'application/json' }],
    ['unexpected_redirect', { status: 302, headers: { location: 'https://elsewhere.invalid/' } }],
  ])('%s: is not taken for an answer', async (code, answer) => {
    const { page } = await open()
    await page.getByTestId('total').waitFor()
    await page.route('**/aggregated-balance*', (route) => route.fulfill(answer))
    await page.getByRole('button', { name: 'Refresh holdings' }).click()
    await readNotice(page, 'holdings', code)
  })

  it('what cannot load at first can be tried again', async () => {
    const { page, sandbox } = await open({ before: ({ sandbox }) => sandbox.faults.on('assets.list', { status: 500 }) })
    const { notice } = await readNotice(page, 'holdings', 'server_error')
    sandbox.faults.clear()
    await notice.getByRole('button', { name: 'Try again' }).click()
    await page.getByTestId('total').waitFor()
  })

  it('an offer that is refused leaves the form as it was', async () => {
    const { page, sandbox } = await open()
    sandbox.faults.on('quotes.create', { status: 400, body: { message: 'no route for this pair', statusCode: 400 } })
    await page.getByLabel('You pay').fill('7')
    await page.getByRole('button', { name: 'Get an offer' }).click()
    const { notice } = await readNotice(page, 'swap', 'request_rejected')
    await notice.getByRole('alert').filter({ hasText: 'no route for this pair' }).waitFor()
    expect(await page.getByLabel('You pay').inputValue()).toBe('7')
    sandbox.faults.clear()
    await notice.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Your offer' }).waitFor()
  })

  it('aborted: cancelling is no error', async () => {
    const { page, sandbox } = await open()
    sandbox.faults.on('quotes.create', { stall: 'head' })
    await page.getByLabel('You pay').fill('7')
    await page.getByRole('button', { name: 'Get an offer' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Get an offer' }).waitFor()
    expect(await page.locator('.notice').count()).toBe(0)
  })

  it('forbidden: nothing was sent on, and the form is near', async () => {
    const { page, sandbox } = await open({ key: 'readOnly' })
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    const { notice, title } = await readNotice(page, 'swap', 'forbidden')
    expect(title).toBe('You may not do this')
    await page.getByRole('heading', { name: 'Not swapped' }).waitFor()
    await notice.getByRole('button', { name: 'Back to the form' }).click()
    await page.getByRole('heading', { name: 'Swap', exact: true }).waitFor()
    expect(sandbox.executed.size).toBe(0)
  })

  it('execution_failed: a refund says that the assets are back', async () => {
    const { page, sandbox } = await open()
    await page.getByLabel('The price may get worse by').selectOption('0.01%')
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    await pass(sandbox, page, 4_000)
    const { title } = await readNotice(page, 'swap', 'execution_failed')
    expect(title).toBe('You got your assets back')
    await page.locator('.history').getByText('Refunded (slippage)').waitFor()
    await page.getByRole('button', { name: 'Back to the form' }).click()
    await page.reload()
    await page.getByLabel('You pay').waitFor()
  })

  it('execution_failed: a failure is told apart from a refund', async () => {
    const { page, sandbox } = await open()
    sandbox.faults.on('executions.status', { body: { status: 'FAILED', failReason: 'TRANSFER_FAILED' } })
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    const { title, notice } = await readNotice(page, 'swap', 'execution_failed')
    expect(title).toBe('The swap failed')
    await notice.getByRole('alert').filter({ hasText: 'TRANSFER_FAILED' }).waitFor()
  })

  it('an answer that is lost is made up for by its status, without a second execution', async () => {
    const { page, sandbox } = await open()
    sandbox.faults.on('quotes.execute', { reset: 'after' }, { times: 1 })
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    sandbox.clock.advance(4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    expect([...sandbox.executed.values()]).toEqual([1])
    expect(sandbox.requests.filter(({ endpoint }) => endpoint === 'executeQuote')).toHaveLength(1)
  })

  it('outcome_unknown: says not to send it again, outlives a reload, and checks the status', async () => {
    const { page, sandbox } = await open()
    sandbox.faults.on('quotes.execute', { reset: 'after' }, { times: 1 })
    sandbox.faults.on('executions.status', { body: {} })
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    const { notice, title } = await readNotice(page, 'swap', 'outcome_unknown')
    expect(title).toBe('We do not know yet if this went through')
    await notice.getByText('Do not send it again.').waitFor()
    expect(await page.getByRole('button', { name: /^(Swap|Try again|Back)/ }).count()).toBe(0)

    await page.reload()
    await page.getByText('Asking the service what became of it. It is not sent again.').waitFor()
    expect(await page.getByLabel('You pay').count()).toBe(0)
    sandbox.faults.clear()
    sandbox.clock.advance(4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    expect([...sandbox.executed.values()]).toEqual([1])
  })

  it('outcome_unknown: the button asks for the status and sends nothing', async () => {
    const { page, sandbox } = await open()
    sandbox.faults.on('quotes.execute', { reset: 'after' }, { times: 1 })
    sandbox.faults.on('executions.status', { status: 500 })
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    const { notice } = await readNotice(page, 'swap', 'outcome_unknown')
    sandbox.faults.clear()
    sandbox.clock.advance(1_500)
    await notice.getByRole('button', { name: 'Check the status' }).click()
    await hurry(page, page.locator('[aria-current="step"]').filter({ hasText: /In progress|Arrived/ }))
    sandbox.clock.advance(4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    expect(sandbox.requests.filter(({ endpoint }) => endpoint === 'executeQuote')).toHaveLength(1)
  })

  it('a session that ends in the middle of a swap does not invite a second one', async () => {
    const { page, sandbox, context } = await open()
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    sandbox.clock.advance(500)
    await hurry(page, stage(page, 'PENDING'))
    await context.clearCookies()
    const { notice } = await readNotice(page, 'swap', 'unauthorized')
    await notice.getByText('Do not send it again.').waitFor()
    await notice.getByRole('button', { name: 'Reload the page' }).click()
    sandbox.clock.advance(4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    expect([...sandbox.executed.values()]).toEqual([1])
  })

  it('a session that ends while an old swap is watched says nothing about the swap', async () => {
    const { page, sandbox, context } = await open()
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    sandbox.clock.advance(500)
    await hurry(page, stage(page, 'PENDING'))
    await page.reload()
    await hurry(page, stage(page, 'PENDING'))
    await context.clearCookies()
    const { notice } = await readNotice(page, 'swap', 'unauthorized')
    await notice.getByText('Do not send it again.').waitFor()
    expect(await page.evaluate(() => sessionStorage.getItem('order'))).not.toBe(null)
  })

  it('insecure_url: a page that came over plain HTTP from elsewhere says why it does nothing', async () => {
    const { page, sandbox } = await open({ locate: (url) => url.replace('127.0.0.1', 'portfolio.example') })
    const notice = page.locator('.notice[data-code="insecure_url"]')
    await notice.getByText('Refused, because it would not be safe').waitFor()
    expect(sandbox.requests).toEqual([])
  })

  it('no answer can bring a script in', async () => {
    const { page, sandbox, problems } = await open()
    const evil = '<img src=x onerror=alert(1)>'
    sandbox.faults.on('transactions.list', {
      body: {
        transactions: [
          {
            quoteId: evil,
            status: evil,
            failReason: evil,
            originChainOperations: [
              { hash: evil, chain: evil, explorerUrl: 'javascript:alert(1)' },
              { hash: '0x1', chain: 'eip155:1', explorerUrl: 'https://explorer.example/tx/0x1' },
            ],
          },
        ],
      },
    })
    await page.getByRole('button', { name: 'Refresh history' }).click()
    await page.locator('.history .entry').waitFor()
    expect(await page.locator('.history img').count()).toBe(0)
    expect(await page.locator('.history a').evaluateAll((links) => links.map(({ href, rel }) => [href, rel]))).toEqual([
      ['https://explorer.example/tx/0x1', 'noreferrer'],
    ])
    const html = await readFile(join(inject('folder'), 'index.html'), 'utf8')
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/)
    expect(problems).toEqual([])
  })
})
