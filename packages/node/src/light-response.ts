import type { CollectedBody, WholeBody } from '@ob/core'
import type { BodyReader } from './body.ts'
import type { LightHeaders } from './light-headers.ts'

/** A `Response` as far as the engine needs one: a real one costs more than all the rest of the transport. */
export class LightResponse implements Partial<WholeBody> {
  readonly url: string
  readonly status: number
  readonly statusText: string
  readonly headers: LightHeaders
  readonly body: { getReader(): BodyReader }
  readonly redirected = false
  readonly type = 'basic'
  /** Not there where the body has to be decoded first. */
  declare readonly collect?: (maxBytes: number) => Promise<CollectedBody>

  constructor(parts: {
    readonly url: string
    readonly status: number
    readonly statusText: string
    readonly headers: LightHeaders
    readonly reader: BodyReader & Partial<WholeBody>
  }) {
    const { reader } = parts
    this.url = parts.url
    this.status = parts.status
    this.statusText = parts.statusText
    this.headers = parts.headers
    this.body = { getReader: () => reader }
    if (reader.collect) this.collect = reader.collect.bind(reader)
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }
}

/** The same answer as a real `Response`, for whoever reads it otherwise than the engine does. */
export function toResponse({ url, status, statusText, headers, body }: LightResponse, hasBody: boolean): Response {
  const reader = body.getReader()
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (value) controller.enqueue(value)
        if (done) controller.close()
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  )
  const response = new Response(hasBody ? stream : null, { status, statusText, headers: [...headers] })
  return Object.defineProperty(response, 'url', { value: url })
}
