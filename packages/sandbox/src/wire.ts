import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** A connection between the socket and the HTTP parser, which can be cut after an exact count of plain bytes in either direction. */
export class Wire extends Duplex {
  readonly #socket: Socket
  readonly #takeRequestCut: () => number | undefined
  #isBetweenRequests = true
  #requestBytes = 0
  #requestCut: number | undefined
  #responseBytesLeft = Number.POSITIVE_INFINITY

  constructor(socket: Socket, takeRequestCut: () => number | undefined) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#takeRequestCut = takeRequestCut
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.push(null))
    socket.on('close', () => this.destroy())
    socket.on('error', () => this.destroy())
  }

  /** Whether the current request is one that is cut, and so must not be processed. */
  get isRequestCut(): boolean {
    return this.#requestCut !== undefined
  }

  /** Closes once so many bytes of the current request have arrived, head included. */
  cutRequest(bytes: number): void {
    this.#requestCut = bytes
    if (this.#requestBytes >= bytes) this.#socket.destroy()
  }

  /** A request's answer has been sent: the next byte begins another request. */
  endExchange(): void {
    this.#isBetweenRequests = true
  }

  /** Lets so many more bytes of the answer through, then closes. */
  cutResponse(bytes: number): void {
    this.#responseBytesLeft = bytes
    if (bytes === 0) this.#socket.destroy()
  }

  /** Ends the connection with RST. */
  reset(): void {
    const socket = this.#socket as Socket & { _parent?: Socket }
    ;(socket._parent ?? socket).resetAndDestroy()
    this.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#isBetweenRequests) {
      this.#isBetweenRequests = false
      this.#requestBytes = 0
      this.#requestCut = this.#takeRequestCut()
    }
    const left = (this.#requestCut ?? Number.POSITIVE_INFINITY) - this.#requestBytes
    this.#requestBytes += chunk.length
    if (chunk.length < left) {
      if (!this.push(chunk)) this.#socket.pause()
      return
    }
    // What came before the cut is still parsed, so that a whole head is in the log.
    if (left > 0) this.push(chunk.subarray(0, left))
    setImmediate(() => this.#socket.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (chunk.length < this.#responseBytesLeft) {
      this.#responseBytesLeft -= chunk.length
      this.#socket.write(chunk, done)
      return
    }
    // `end` on the first chunk that reaches the limit; the answer's later chunks go nowhere.
    const last = chunk.subarray(0, this.#responseBytesLeft)
    this.#responseBytesLeft = 0
    const socket = this.#socket
    if (!socket.writableEnded) socket.end(last, () => socket.destroy())
    done()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  /** node:http sets these on what it takes for a socket. */
  setTimeout(ms: number, callback?: () => void): this {
    this.#socket.setTimeout(ms, callback)
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }
}
