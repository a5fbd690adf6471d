// A server that answers by script and keeps a record of every connection and delivery: what the network and a broken service can do.
import net from 'node:net'
import tls from 'node:tls'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { createHttpReader } from './http-reader.mjs'

/**
 * Starts one on a free port of this machine. `kind`: `tls`, `http` (plain), `closed` (a port where nobody listens), `reset` (resets
 * every connection before TLS), `silent` (accepts and says nothing). `steps` answer one request each, the last one all others; see
 * `Step` in src/server.ts.
 */
export async function openFaultServer({ kind = 'tls', certificate = 'good', steps = [{}] }, certificates) {
  const log = { connections: 0, open: [], deliveries: [], unfinished: 0 }
  const sockets = new Set()
  const onConnection = (socket) => {
    log.connections += 1
    const connection = log.connections
    log.open.push(connection)
    let index = 0
    const reader = createHttpReader(({ method, target, headers, body }) => {
      const step = steps[Math.min(log.deliveries.length, steps.length - 1)]
      log.deliveries.push({ method, target, headers, body, connection, index })
      index += 1
      void answer(socket, step, method)
    })
    socket.on('data', (chunk) => reader.push(chunk))
    socket.on('close', () => {
      log.open = log.open.filter((one) => one !== connection)
      if (reader.pending() > 0) log.unfinished += 1
    })
  }
  const server =
    kind === 'tls'
      ? tls.createServer({ ...certificates.servers[certificate], ALPNProtocols: ['http/1.1'] }, onConnection)
      : net.createServer((socket) => {
          if (kind === 'http') onConnection(socket)
          else log.connections += 1
          if (kind === 'reset') socket.resetAndDestroy()
        })
  // A TLS socket that never gets through its handshake is a connection of the raw server only.
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket) => socket.on('error', () => {}))
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  if (kind === 'closed') close()
  return { port, log, close }
}

/** A TLS socket cannot send RST; the one below it can. */
function reset(socket) {
  ;(socket instanceof tls.TLSSocket ? socket._parent : socket).resetAndDestroy()
}

async function answer(socket, step, method) {
  if (step.latency) await pause(step.latency)
  if (step.stall === 'head') return
  if (!step.silent) {
    const { head, body } = render(step, method)
    const shown = step.cutAt === undefined ? body : body.subarray(0, step.cutAt)
    // Head and body in separate packets, so that a client sees the head before the rest goes wrong.
    const isSplit = step.stall === 'body' || step.cutAt !== undefined || step.drip !== undefined || step.endless
    await write(socket, isSplit ? head : Buffer.concat([head, shown]))
    if (isSplit && !step.drip) await pause(15)
    if (step.endless) return endless(socket)
    if (step.drip) await drip(socket, shown, step.drip)
    else if (isSplit) await write(socket, shown)
    if (step.stall === 'body') return
    if (step.cutAt !== undefined) await pause(15)
  }
  if (step.end === 'reset') reset(socket)
  else if (step.end === 'close' || step.cutAt !== undefined || step.silent) socket.end()
}

function render({ status = 200, headers = {}, body = '[]', encodings = [], raw, length, framing, spaces }, method) {
  if (raw !== undefined) return { head: Buffer.from(raw, 'latin1'), body: Buffer.alloc(0) }
  let bytes = spaces
    ? Buffer.alloc(spaces, ' ')
    : Buffer.from(body.base64 ?? body, body.base64 === undefined ? 'utf8' : 'base64')
  for (const encoding of encodings)
    bytes = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync }[encoding](bytes)
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`))
  const add = (name, value) => names.has(name) || lines.push(`${name}: ${value}`)
  if (encodings.length > 0) add('content-encoding', encodings.join(', '))
  add('content-type', 'application/json')
  if (framing === 'chunked') {
    add('transfer-encoding', 'chunked')
    bytes = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')])
  } else if (framing !== 'close' && status >= 200 && status !== 204 && status !== 304)
    add('content-length', length ?? bytes.length)
  const noBody = method === 'HEAD' || status === 204 || status === 304
  return {
    head: Buffer.from(`HTTP/1.1 ${status} x\r\n${lines.join('\r\n')}\r\n\r\n`, 'utf8'),
    body: noBody ? Buffer.alloc(0) : bytes,
  }
}

async function endless(socket) {
  const chunk = Buffer.alloc(65_536, ' ')
  while (!socket.destroyed && (await write(socket, chunk)));
}

async function drip(socket, bytes, every) {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += 1) {
    await write(socket, bytes.subarray(at, at + 1))
    await pause(every)
  }
}

/** Resolves when the bytes are with the kernel: true; or when the connection is gone: false. */
function write(socket, bytes) {
  if (socket.destroyed || !socket.writable) return Promise.resolve(false)
  if (bytes.length === 0) return Promise.resolve(true)
  return new Promise((resolve) => {
    const onClose = () => resolve(false)
    socket.once('close', onClose)
    socket.write(bytes, (error) => {
      socket.off('close', onClose)
      resolve(!error)
    })
  })
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
