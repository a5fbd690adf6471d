// An API that counts what it executes, and answers when the test lets it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { executeQuote } from '@ob/core/onebalance'

export interface CountingApi {
  readonly url: string
  /** Requests that arrived, whole. */
  readonly deliveries: { readonly method: string; readonly path: string; readonly body: string }[]
  /** Executions that arrived. */
  executions(): number
  /** Resolves when so many requests have arrived in all. */
  arrived(count: number): Promise<void>
  /** Answers wait until `release` is called. */
  hold(): void
  release(): void
  /** How the next request is answered. @default 200 with `{"n":<how many came>}` */
  next: { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | undefined
  close(): Promise<void>
}

/** Starts it on plain HTTP, on this machine. */
export async function startCountingApi(): Promise<CountingApi> {
  const deliveries: CountingApi['deliveries'] = []
  const waiting = new Set<() => void>()
  let held: Promise<void> | undefined
  let letGo = (): void => {}
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += part
    const { method = '', url: path = '' } = request
    const n = deliveries.push({ method, path, body })
    for (const one of waiting) one()
    const { status = 200, headers = {} } = api.next ?? {}
    api.next = undefined
    await held
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ n }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api: CountingApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deliveries,
    executions: () => deliveries.filter(({ path }) => path === executeQuote.path).length,
    arrived: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (deliveries.length < count) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    hold() {
      held = new Promise((resolve) => {
        letGo = resolve
      })
    },
    release() {
      held = undefined
      letGo()
    },
    next: undefined,
    close: () =>
      new Promise((resolve) => {
        letGo()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return api
}
