// Reads HTTP/1.1 requests from a byte stream, and nothing more than a fault server needs: head, and a body by length or in chunks.

/** Calls `onRequest` for every whole request; what it is given grows with each `push`. */
export function createHttpReader(onRequest) {
  let buffer = Buffer.alloc(0)
  return {
    push(chunk) {
      buffer = Buffer.concat([buffer, chunk])
      for (;;) {
        const request = readRequest(buffer)
        if (!request) return
        buffer = buffer.subarray(request.length)
        onRequest(request)
      }
    },
    /** Bytes of a request that has not ended. */
    pending: () => buffer.length,
  }
}

function readRequest(buffer) {
  const end = buffer.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [start, ...lines] = buffer.subarray(0, end).toString('latin1').split('\r\n')
  const [method, target] = start.split(' ')
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  const find = (name) => headers.find(([key]) => key.toLowerCase() === name)?.[1]
  const body = find('transfer-encoding')?.toLowerCase().includes('chunked')
    ? readChunks(buffer, end + 4)
    : readLength(buffer, end + 4, Number(find('content-length') ?? 0))
  return body && { method, target, headers, body: body.bytes.toString('utf8'), length: body.end }
}

function readLength(buffer, from, length) {
  return buffer.length >= from + length
    ? { bytes: buffer.subarray(from, from + length), end: from + length }
    : undefined
}

function readChunks(buffer, from) {
  const parts = []
  for (let at = from; ; ) {
    const lineEnd = buffer.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(buffer.subarray(at, lineEnd).toString('latin1'), 16)
    const next = lineEnd + 2 + size + 2
    if (buffer.length < next) return undefined
    if (size === 0) return { bytes: Buffer.concat(parts), end: next }
    parts.push(buffer.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
