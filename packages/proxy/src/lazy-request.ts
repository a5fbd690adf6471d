/** What is known of a request before anybody asks for a `Request`. */
export interface RequestParts {
  readonly method: string
  readonly url: string
  /** Names and values by turns, as node:http gives them. */
  readonly rawHeaders: readonly string[]
}

/**
 * A `Request` without a body that is made as far as it is looked at: mostly that is one header, and a real one costs more than all the
 * rest of passing a request on.
 */
export class LazyRequest {
  readonly #parts: RequestParts
  #headers: Headers | undefined
  #real: Request | undefined

  constructor(parts: RequestParts) {
    this.#parts = parts
  }

  get method(): string {
    return this.#parts.method
  }

  get url(): string {
    return this.#parts.url
  }

  get headers(): Headers {
    if (!this.#headers) {
      this.#headers = new Headers()
      const { rawHeaders } = this.#parts
      for (let at = 0; at < rawHeaders.length; at += 2)
        this.#headers.append(rawHeaders[at] as string, rawHeaders[at + 1] as string)
    }
    return this.#headers
  }

  /** The real one, for all that this class has not. */
  static real(request: LazyRequest): Request {
    const { method, url } = request.#parts
    request.#real ??= new Request(url, { method, headers: request.headers })
    return request.#real
  }
}

Object.setPrototypeOf(LazyRequest.prototype, Request.prototype)
for (const name of Object.getOwnPropertyNames(Request.prototype)) {
  if (name in LazyRequest.prototype && Object.hasOwn(LazyRequest.prototype, name)) continue
  Object.defineProperty(LazyRequest.prototype, name, {
    configurable: true,
    get(this: LazyRequest) {
      const real = LazyRequest.real(this)
      const value: unknown = Reflect.get(real, name)
      return typeof value === 'function' ? value.bind(real) : value
    },
  })
}
