// HTTP/1.1 by hand: what goes over the socket is what a test wrote, and what comes is taken apart without mercy.
import { connect, type Socket } from 'node:net'

/** One answer as it was on the wire. */
export interface RawAnswer {
  readonly status: number
  /** Lower-case names; several of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether all of the body came. */
  readonly isWhole: boolean
}

/** Names and values of headers, or nothing to leave a default out. */
export type HeaderList = Readonly<Record<string, string | readonly string[] | undefined>>

/** What {@link write} takes. */
export interface RequestParts {
  readonly method?: string | undefined
  readonly target?: string | undefined
  readonly version?: string | undefined
  readonly headers?: HeaderList | undefined
  /** Sent as it is; `content-length` is added unless the headers say how long it is. */
  readonly body?: string | undefined
}

/** Who the requests come from, unless a test says otherwise. Every name is another caller. */
export const AUTHORIZATION = 'authorization'

/** Writes a request as a page of the site itself sends it, with the differences that are given. `{host}` becomes the server's own. */
export function write({ method = 'GET', target = '/onebalance/api/assets/list', ...parts }: RequestParts): string {
  const { version = 'HTTP/1.1', headers = {}, body } = parts
  const all: Record<string, string | readonly string[] | undefined> = {
    host: '{host}',
    [AUTHORIZATION]: 'somebody',
    'x-ob-client': 'test',
    connection: 'close',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(body !== undefined && !headers['transfer-encoding'] && { 'content-length': String(body.length) }),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => `${name}: ${value}\r\n`),
  )
  return `${method} ${target} ${version}\r\n${lines.join('')}\r\n${body ?? ''}`
}

/** Sends bytes and gives all that comes until the server closes. Rejects when it does not. */
export function talk(port: number, bytes: string | Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = open(port)
    const hung = setTimeout(() => {
      socket.destroy()
      reject(new Error(`the server did not close; so far: ${Buffer.concat(chunks).toString('latin1').slice(0, 500)}`))
    }, 20_000)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A reset ends the talk as well as anything: what counts is what came before.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(hung)
      resolve(Buffer.concat(chunks))
    })
    socket.write(fill(bytes, port))
  })
}

/** A connection that the test drives itself. */
export function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  return socket
}

/** Puts the server's own host in. */
export function fill(bytes: string | Uint8Array, port: number): Uint8Array {
  return typeof bytes === 'string' ? Buffer.from(bytes.replaceAll('{host}', `127.0.0.1:${port}`), 'latin1') : bytes
}

/** Resolves with what came when it holds the text; rejects when the connection closes before. */
export function waitFor(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let came = ''
    const onData = (chunk: Buffer): void => {
      came += chunk.toString('latin1')
      if (!came.includes(text)) return
      socket.off('data', onData)
      resolve(came)
    }
    socket.on('data', onData)
    socket.on('close', () => reject(new Error(`closed before ${JSON.stringify(text)} came: ${came}`)))
  })
}

/** Takes answers apart. Throws for bytes that are none: nothing may come between answers. */
export function readAnswers(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = bytes.toString('latin1')
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = rest.slice(0, Math.max(0, headEnd)).split('\r\n')
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(`${statusLine} `)?.[1]
    if (!status) throw new Error(`this is no answer: ${JSON.stringify(rest.slice(0, 200))}`)
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:\s]+): ?(.*)$/.exec(line) ?? []
      const key = name.toLowerCase()
      headers[key] = key in headers ? `${headers[key]}, ${value}` : value
    }
    const { body, isWhole, next } = readBody(rest.slice(headEnd + 4), Number(status), headers)
    answers.push({ status: Number(status), headers, body, isWhole })
    rest = next
  }
  return answers
}

function readBody(
  rest: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): { body: string; isWhole: boolean; next: string } {
  if (status < 200 || status === 204 || status === 304) return { body: '', isWhole: true, next: rest }
  if (headers['transfer-encoding'] === 'chunked') return readChunks(rest)
  const { 'content-length': length = String(rest.length) } = headers
  const size = Number(length)
  return { body: rest.slice(0, size), isWhole: rest.length >= size, next: rest.slice(size) }
}

function readChunks(rest: string): { body: string; isWhole: boolean; next: string } {
  let body = ''
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(rest.slice(at, lineEnd), 16)
    if (Number.isNaN(size)) return { body: body + rest.slice(at), isWhole: false, next: '' }
    if (size === 0) return { body, isWhole: true, next: rest.slice(lineEnd + 4) }
    body += rest.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
  }
}
