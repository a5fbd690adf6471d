// Keeps every byte that a server sends: what a page can have received, whatever shows it.
import { findLeak } from '../dist/find-leak.js'

/** Longer than any form of a key, so that one that is cut by two looks is found as well. */
const OVERLAP = 1_024

/** Watches the connections of a server of node:http: `{ findProblems(keys) }`. */
export function tap(server) {
  const records = new Set()
  server.on('connection', (socket) => {
    const record = { socket, tail: '', chunks: [], seen: 0 }
    records.add(record)
    const keep = (chunk, encoding) => {
      if (typeof chunk !== 'string' && !ArrayBuffer.isView(chunk)) return
      const buffer = Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8')
      record.chunks.push(buffer)
      record.seen += buffer.length
    }
    for (const name of ['write', 'end']) {
      const send = socket[name]
      socket[name] = (chunk, encoding, done) => {
        keep(chunk, encoding)
        return send.call(socket, chunk, encoding, done)
      }
    }
  })
  return {
    /** What is wrong with what was sent since the last look: forms of keys, and bytes that went past this file. */
    findProblems(keys) {
      const found = []
      for (const record of records) {
        const { socket } = record
        const text = record.tail + Buffer.concat(record.chunks.splice(0)).toString('latin1')
        for (const key of keys) {
          const form = findLeak(text, key)
          if (form) found.push(`the browser received a key (${form})`)
        }
        if (socket.bytesWritten > record.seen) found.push('the browser received bytes that were not looked at')
        record.tail = text.slice(-OVERLAP)
        if (socket.destroyed) records.delete(record)
      }
      return found
    },
  }
}
