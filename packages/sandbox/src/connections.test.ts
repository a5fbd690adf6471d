import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:https'
import { connect as tcpConnect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask } from '../test/ask.ts'
import { ASSETS, using } from '../test/fixtures.ts'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
let send: ReturnType<typeof using>['send']
beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7 })
  ;({ send } = using(sandbox))
})
afterEach(() => sandbox.close())

describe('connections', () => {
  test('keep-alive serves several requests on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<unknown>()
    for (let i = 0; i < 5; i++) {
      const answer = await send(ASSETS, {
        agent,
        onRequest: (request) => request.on('socket', (socket) => ports.add(socket)),
      })
      expect(answer.status).toBe(200)
    }
    expect(ports.size).toBe(1)
    agent.destroy()
  })
  test('junk and early leavers do not bring it down', async () => {
    const { port } = new URL(sandbox.url)
    for (const junk of ['', '\x16', '\x16\x03\x01\x00\x05hello', '\0\0\0', 'GET']) {
      await new Promise<void>((resolve) => {
        const socket = tcpConnect(Number(port), '127.0.0.1', () => {
          socket.write(junk)
          socket.end()
        })
        socket.on('error', () => {})
        socket.resume()
        socket.on('close', () => resolve())
      })
    }
    expect((await send(ASSETS)).status).toBe(200)
  })
  test('tls: false serves plain HTTP on loopback', async () => {
    const plain = await startSandbox({ tls: false })
    try {
      expect(plain.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      const answer = await fetch(plain.url + ASSETS, { headers: { 'x-api-key': plain.keys.full } })
      expect([answer.status, plain.requests.length]).toEqual([200, 1])
    } finally {
      await plain.close()
    }
  })
  test('a script that has closed it ends by itself', async () => {
    const entry = new URL('../dist/index.js', import.meta.url).href
    const script = `const { startSandbox } = await import('${entry}'); const s = await startSandbox(); s.faults.next({ stall: 'head' });
      process.env.NODE_NO_WARNINGS = '1'; const https = await import('node:https');
      https.get(s.url, { ca: s.ca }).on('error', () => {}); setImmediate(function poll() { s.requests.length ? s.close() : setImmediate(poll) })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
    expect(await once(child, 'exit')).toEqual([0, null])
  })
  test('the same certificate serves localhost', async () => {
    const at = { url: sandbox.url.replace('127.0.0.1', 'localhost'), ca: sandbox.ca }
    expect((await ask(at, ASSETS, { key: sandbox.keys.full })).status).toBe(200)
  })
})
