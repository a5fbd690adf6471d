import { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import type { LightBody } from './light-response.ts'

/**
 * Takes one layer of compression off a body. What is compressed more than once, or otherwise, is left as it is: the engine refuses it.
 * Decompression runs only as fast as it is read, so that a small body which becomes a huge one costs no memory.
 */
export function decode(
  raw: Record<string, string | string[] | undefined>,
  body: LightBody,
): { headers: Headers; body: LightBody } {
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one)
  }
  const encoding = headers.get('content-encoding')?.trim().toLowerCase()
  const decompress = encoding === 'gzip' ? createGunzip() : encoding === 'br' ? createBrotliDecompress() : undefined
  if (!decompress) return { headers, body }
  headers.delete('content-encoding')
  headers.delete('content-length')
  const source = body.getReader()
  const compressed = new Readable({
    highWaterMark: 1,
    read() {
      source.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error) => this.destroy(error),
      )
    },
    destroy(error, done) {
      source.cancel().then(() => done(error), done)
    },
  })
  compressed.on('error', (error) => decompress.destroy(error))
  decompress.on('close', () => compressed.destroy())
  const chunks = compressed.pipe(decompress)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return {
    headers,
    body: {
      getReader: () => ({
        async read() {
          const { done = false, value } = await chunks.next()
          return done ? { done } : { done, value }
        },
        async cancel() {
          decompress.destroy()
        },
      }),
    },
  }
}
