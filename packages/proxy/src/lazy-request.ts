/** What is known of a request before anybody asks for a `Request`. */
export interface RequestParts {
  readonly method: string
  readonly url: string
  /** Names and values by turns, as node:http gives them. */
  readonly rawHeaders: readonly string[]
}

/** `Headers` that are made when more is asked of them than one value: mostly that is all. */
class LazyHeaders {
  readonly #raw: readonly string[]
  #real: Headers | undefined

  constructor(raw: readonly string[]) {
    this.#raw = raw
  }

  get(name: string): string | null {
    // Another name is refused, and several values are joined, as `Headers` do it.
    if (this.#real || !/^[\w-]+$/.test(name)) return LazyHeaders.real(this).get(name)
    const wanted = name.toLowerCase()
    let found: string | null = null
    for (let at = 0; at < this.#raw.length; at += 2) {
      if (this.#raw[at]?.length !== wanted.length || this.#raw[at]?.toLowerCase() !== wanted) continue
      if (found !== null) return LazyHeaders.real(this).get(name)
      found = this.#raw[at + 1] as string
    }
    return found
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  static real(headers: LazyHeaders): Headers {
    if (!headers.#real) {
      headers.#real = new Headers()
      for (let at = 0; at < headers.#raw.length; at += 2)
        headers.#real.append(headers.#raw[at] as string, headers.#raw[at + 1] as string)
    }
    return headers.#real
  }
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
    this.#headers ??= new LazyHeaders(this.#parts.rawHeaders) as unknown as Headers
    return this.#headers
  }

  /** The real one, for all that this class has not. */
  static real(request: LazyRequest): Request {
    const { method, url } = request.#parts
    request.#real ??= new Request(url, { method, headers: LazyHeaders.real(request.headers as unknown as LazyHeaders) })
    return request.#real
  }
}

stand(LazyHeaders, Headers)
stand(LazyRequest, Request)

/** Lets a class pass for another one, and gets from a real one all that it has not itself. */
function stand<Lazy extends object, Real extends object>(
  lazy: { readonly prototype: Lazy; real(one: Lazy): Real },
  real: { readonly prototype: Real },
): void {
  for (const name of Reflect.ownKeys(real.prototype)) {
    const { value, get } = Object.getOwnPropertyDescriptor(real.prototype, name) ?? {}
    if (Object.hasOwn(lazy.prototype, name) || (typeof value !== 'function' && !get)) continue
    Object.defineProperty(lazy.prototype, name, {
      configurable: true,
      get(this: Lazy) {
        const one = lazy.real(this)
        const found: unknown = Reflect.get(one, name)
        return typeof found === 'function' ? found.bind(one) : found
      },
    })
  }
  Object.setPrototypeOf(lazy.prototype, real.prototype)
}
