// The server that all clients talk to, a process of its own: `node upstream.js <folder with cert.pem and key.pem>`. It knows as little of
// HTTP as the clients need, since its own cost must not be what limits the fastest of them. Prints its ports as JSON.
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { answerTo } from './payloads.ts'

const [, , folder = '.'] = process.argv
const answers = new Map<string, Buffer>()
const BREAK = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

const plain = createServer({ noDelay: true }, serve)
const secure = createTlsServer(
  { cert: readFileSync(join(folder, 'cert.pem')), key: readFileSync(join(folder, 'key.pem')), noDelay: true } as object,
  serve,
)
await Promise.all([plain, secure].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))))
const [http, https] = [plain, secure].map((server) => (server.address() as AddressInfo).port)
process.stdin.resume().on('end', () => process.exit())
process.stdout.write(`${JSON.stringify({ http, https })}\n`)

function serve(socket: Socket): void {
  let pending: Buffer | undefined
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    let data = pending ? Buffer.concat([pending, chunk]) : chunk
    while (data.length > 0) {
      const end = findEnd(data)
      if (end < 0) break
      socket.write(findAnswer(data))
      data = data.subarray(end)
    }
    pending = data.length > 0 ? data : undefined
  })
}

/** Where the first request ends, or -1 while it is not whole. */
function findEnd(data: Buffer): number {
  const head = data.indexOf(BREAK)
  if (head < 0) return -1
  const bodyAt = head + BREAK.length
  // 'G' of GET: nothing follows the head.
  if (data[0] === 0x47) return bodyAt
  const text = data.toString('latin1', 0, head)
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  if (length !== undefined) return data.length >= bodyAt + Number(length) ? bodyAt + Number(length) : -1
  if (!/\r\ntransfer-encoding: *chunked/i.test(text)) return bodyAt
  const last = data.indexOf(LAST_CHUNK, bodyAt)
  return last < 0 ? -1 : last + LAST_CHUNK.length
}

function findAnswer(data: Buffer): Buffer {
  const from = data.indexOf(0x20) + 1
  const [path = ''] = data.toString('latin1', from, data.indexOf(0x20, from)).split('?')
  let answer = answers.get(path)
  if (!answer) {
    answer = toAnswer(path)
    answers.set(path, answer)
  }
  return answer
}

function toAnswer(path: string): Buffer {
  const value = answerTo(path)
  const body = JSON.stringify(value ?? { error: 'not_found', message: path })
  const head = [
    `HTTP/1.1 ${value ? '200 OK' : '404 Not Found'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'date: Tue, 24 Nov 2026 12:00:00 GMT',
    'x-request-id: 5f0c9a4e-6a55-4be4-9d0e-2f3b1b6f7a10',
    'x-ratelimit-limit: 1000000000',
    'x-ratelimit-remaining: 999999999',
    'x-ratelimit-reset: 4102444800',
    'connection: keep-alive',
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
