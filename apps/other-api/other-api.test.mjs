import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { createClient } from '@ob/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tidewater } from './api.mjs'
import { startServer, TOKEN } from './server.mjs'

let server
let client
beforeEach(async () => {
  server = await startServer()
  client = createClient({ api: tidewater, apiKey: TOKEN, baseURL: server.url, ca: server.ca })
})
afterEach(async () => {
  await client.close()
  server.close()
})

describe('an API that is not OneBalance', () => {
  it('is described in at most 100 lines', () => {
    expect(readFileSync(new URL('api.mjs', import.meta.url), 'utf8').split('\n').length).toBeLessThanOrEqual(100)
  })

  it('has its own methods, header and query', async () => {
    expect(await client.stations.list({ countries: ['fr'] })).toMatchObject({ stations: [{ id: 'bre' }] })
    expect(await client.stations.get({ id: 'dov' })).toMatchObject({ name: 'Dover' })
  })

  it('has its own error shape and hints', async () => {
    const stranger = createClient({
      api: tidewater,
      apiKey: 'another-token-0123456789',
      baseURL: server.url,
      ca: server.ca,
    })
    await expect(client.stations.get({ id: 'xyz' })).rejects.toMatchObject({
      code: 'not_found',
      serverError: { error: 'NoSuchStation', message: 'There is no such station', code: 17 },
    })
    await expect(stranger.stations.list({})).rejects.toMatchObject({ code: 'unauthorized', hint: tidewater.hints[401] })
    await stranger.close()
  })

  it('refuses input that does not fit before anything is sent', async () => {
    await expect(client.stations.get({ id: 'Dover' })).rejects.toMatchObject({
      code: 'invalid_input',
      outcome: 'not_sent',
      issues: [{ path: 'id', message: 'must be three lower-case letters' }],
    })
  })

  it('never sends a booking twice', async () => {
    await expect(client.surveys.book({ reference: 'S-1', station: 'dov', hours: 2 })).rejects.toMatchObject({
      code: 'outcome_unknown',
    })
    expect(server.surveys()).toBe(1)
  })

  it('runs as a program, and ends by itself', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['main.mjs'], { cwd: import.meta.dirname })
    expect(stdout).toContain('12 answers')
    expect(stdout).toContain('Ships booked: 1')
  })
})
