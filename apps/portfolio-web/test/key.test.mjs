import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { askForOffer, hasBrowser, hurry, pass, useBrowser } from './fixture.mjs'
import { startRecorder } from './recorder.mjs'

describe('the key', () => {
  const { open } = useBrowser()
  let recorder
  afterEach(() => recorder?.close())

  it.skipIf(!hasBrowser)('is in no byte that the browser received or keeps, though the API echoes it', async () => {
    const { page, context, sandbox } = await open({
      async before({ sandbox, server }) {
        recorder = await startRecorder(server.url)
        const { full } = sandbox.keys
        sandbox.faults.on('assets.list', { headers: { 'x-request-id': full, 'x-ratelimit-remaining': full } })
        sandbox.faults.on(
          'transactions.list',
          { body: { transactions: [{ quoteId: 'echo', status: full, user: `key ${full}`, [full]: full }] } },
          { times: 1 },
        )
      },
      locate: () => recorder.url,
    })
    await page.locator('.history [data-quote="echo"]').getByText('[redacted]').waitFor()
    await askForOffer(page)
    await page.getByRole('button', { name: 'Swap now' }).click()
    await pass(sandbox, page, 4_000)
    await hurry(page, page.getByRole('heading', { name: 'Swap settled' }))
    sandbox.faults.on('balances.aggregated', { status: 400, body: { message: `bad key ${sandbox.keys.full}` } })
    await page.getByRole('button', { name: 'Refresh holdings' }).click()
    await page.getByText('bad key [redacted]', { exact: true }).waitFor({ state: 'attached' })
    // What developer tools fetch when they are open.
    await page.evaluate(async () => {
      for (const { src } of document.scripts) await (await fetch(`${src}.map`)).text()
    })

    const kept = {
      wire: recorder.text(),
      heap: await takeHeap(context, page),
      cookies: JSON.stringify(await context.cookies()),
      storage: JSON.stringify(await context.storageState({ indexedDB: true })),
      session: await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage })),
      page: await page.content(),
    }
    for (const [where, text] of Object.entries(kept))
      expect([where, findKey(text, sandbox.keys.full)]).toEqual([where, []])

    // The search finds what is there: bodies, headers, source maps and memory were all looked into.
    expect(kept.wire).toContain('Tether USD')
    expect(kept.wire).toContain('x-ratelimit-limit: ')
    expect(kept.wire).toContain('"sourcesContent":')
    expect(kept.wire).not.toMatch(/^content-encoding:/im)
    expect(kept.heap).toContain('Tether USD')
    expect(kept.cookies).toContain('session')
    const fingerprints = new Set(sandbox.requests.map(({ keyFingerprint }) => keyFingerprint))
    expect([fingerprints.size, fingerprints.has(undefined)]).toEqual([1, false])
  })

  it('is in no file that was built, and neither is any name of a place for one', async () => {
    const folder = inject('folder')
    const files = await readdir(folder, { recursive: true, withFileTypes: true })
    const texts = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
    )
    expect(texts.length).toBeGreaterThan(5)
    expect(texts.some((text) => text.includes('Get an offer'))).toBe(true)
    expect(texts.filter((text) => /ONEBALANCE_SANDBOX|ONEBALANCE_API_KEY_FILE/.test(text))).toEqual([])
    const { PUBLIC_TESTING_KEY } = await import('@ob/node')
    expect(texts.filter((text) => findKey(text, PUBLIC_TESTING_KEY).length > 0)).toEqual([])
  })
})

/** The forms in which the key is there. */
function findKey(text, key) {
  const forms = {
    plain: key,
    base64: Buffer.from(key).toString('base64').replace(/=+$/, ''),
    hex: Buffer.from(key).toString('hex'),
    reversed: [...key].reverse().join(''),
    'first half': key.slice(0, key.length / 2),
    'second half': key.slice(key.length / 2),
  }
  return Object.entries(forms).flatMap(([name, form]) => (text.includes(form) ? [name] : []))
}

/** Every string and object that the page's script has in memory. */
async function takeHeap(context, page) {
  const session = await context.newCDPSession(page)
  const chunks = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk))
  await session.send('HeapProfiler.takeHeapSnapshot')
  return chunks.join('')
}
