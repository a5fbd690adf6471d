import { pipeline, Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import type { BodyReader } from './body.ts'

/** Makes the decoder of a content coding (RFC 9110, section 8.4.1), if this package asks servers for that coding. */
export function findDecoder(coding: string | null): ((body: BodyReader) => BodyReader) | undefined {
  switch (coding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return (body) => decode(body, createGunzip)
    case 'br':
      return (body) => decode(body, createBrotliDecompress)
    default:
      return undefined
  }
}

/** Bytes of what comes out at once: zlib's own 16 KiB cost a third more memory on a large body. */
const CHUNK_SIZE = 65_536

/**
 * Takes one layer of compression off a body. It runs only as fast as it is read, so that a small body which becomes a huge one costs no
 * memory, and begins with the first byte: an answer to HEAD says how it would be compressed, and has no body.
 */
function decode(body: BodyReader, createDecoder: typeof createGunzip | typeof createBrotliDecompress): BodyReader {
  let decoded: { readonly stream: Readable; readonly chunks: AsyncIterator<Uint8Array> } | undefined
  return {
    async read() {
      if (!decoded) {
        const first = await body.read()
        if (first.done) return first
        const stream = pipeline(toReadable(body, first.value), createDecoder({ chunkSize: CHUNK_SIZE }), () => {})
        decoded = { stream, chunks: stream[Symbol.asyncIterator]() }
      }
      const { done = false, value } = await decoded.chunks.next()
      return done ? { done } : { done, value }
    },
    async cancel() {
      decoded?.stream.destroy()
      await body.cancel()
    },
  }
}

function toReadable(body: BodyReader, first: Uint8Array | undefined): Readable {
  let waiting = first
  return new Readable({
    highWaterMark: 1,
    read() {
      if (waiting) {
        const chunk = waiting
        waiting = undefined
        this.push(chunk)
        return
      }
      body.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error) => this.destroy(error),
      )
    },
    destroy(error, done) {
      body.cancel().then(() => done(error), done)
    },
  })
}
