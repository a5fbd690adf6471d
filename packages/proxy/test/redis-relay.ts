// A relay between a browser and servers, which ends a connection as networks do: after the request was passed on, before its answer.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What the browser gets in place of the answer. */
export type Fault = 'FIN' | 'RST' | '408' | '421'

export interface Relay {
  readonly url: string
  /** Strikes the next POST that comes on a connection that was used before. `reached` is called when it was passed on whole. */
  arm(fault: Fault, reached: () => Promise<void>): void
  /** The POSTs that came, in order: the id of each, and whether its connection was used before. */
  readonly posts: { readonly id: string; readonly isReused: boolean; readonly port: number }[]
  /** Resolves when so many POSTs have come. */
  posted(count: number): Promise<void>
  /** Resolves when the answer that is kept from the browser has begun to arrive. */
  answered(): Promise<void>
  close(): Promise<void>
}

/** Starts it. The connections go to the servers by turns. */
export async function startRelay(ports: readonly number[]): Promise<Relay> {
  const posts: Relay['posts'] = []
  const sockets = new Set<Socket>()
  let armed: { readonly fault: Fault; readonly reached: () => Promise<void> } | undefined
  const waiting = new Set<() => void>()
  let count = 0
  let tellAnswered = (): void => {}
  const isAnswered = new Promise<void>((resolve) => {
    tellAnswered = resolve
  })
  const server = createServer((browser) => {
    const port = ports[count % ports.length] as number
    count += 1
    const target = connect(port, '127.0.0.1')
    let requests = 0
    let struck = false
    let text = ''
    for (const socket of [browser, target]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        if (!struck) (socket === browser ? target : browser).destroy()
      })
    }
    target.on('data', (data) => {
      if (struck) tellAnswered()
      else browser.write(data)
    })
    browser.on('data', (data) => {
      target.write(data)
      text += data.toString('latin1')
      for (let head = readHead(text); head; head = readHead(text)) {
        text = text.slice(head.length)
        requests += 1
        if (head.id === undefined) continue
        const isReused = requests > 1
        posts.push({ id: head.id, isReused, port })
        for (const one of waiting) one()
        if (!armed || !isReused) continue
        struck = true
        const { fault, reached } = armed
        armed = undefined
        void reached().then(() => strike(browser, fault))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arm(fault, reached) {
      armed = { fault, reached }
    },
    posts,
    posted: (wanted) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (posts.length < wanted) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    answered: () => isAnswered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function strike(browser: Socket, fault: Fault): void {
  if (fault === 'RST') browser.resetAndDestroy()
  else if (fault === 'FIN') browser.end()
  else browser.end(`HTTP/1.1 ${fault} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
}

/** The first request of a text, if it is whole; the call id of a POST. */
function readHead(text: string): { readonly length: number; readonly id: string | undefined } | undefined {
  const end = text.indexOf('\r\n\r\n') + 4
  if (end < 4) return undefined
  const head = text.slice(0, end)
  const length = end + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
  if (text.length < length) return undefined
  return { length, id: head.startsWith('POST ') ? (/\r\nx-ob-call: (\S+)/i.exec(head)?.[1] ?? '') : undefined }
}
