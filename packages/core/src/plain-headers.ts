/** Request headers as ofetch asks for them, without the cost of a `Headers` object for each request. */
export class PlainHeaders {
  /** By lower-case name, as the engine writes them. */
  readonly raw: Readonly<Record<string, string>>

  constructor(raw: Readonly<Record<string, string>> = {}) {
    this.raw = raw
  }

  get(name: string): string | null {
    return this.has(name) ? (this.raw[name] as string) : null
  }

  has(name: string): boolean {
    return Object.hasOwn(this.raw, name)
  }
}

/**
 * What the engine sends, as the platform's own `fetch` takes it: without the options of ofetch, which cost more to carry along than
 * the rest is to name. What somebody else sends stays as it is.
 */
export function toPlatformInit(init: RequestInit): RequestInit {
  const { method, headers, redirect, body, signal, duplex } = init as RequestInit & { readonly duplex?: 'half' }
  if (!(headers instanceof PlainHeaders)) return init
  return { method, headers: headers.raw, redirect, body, signal, duplex } as RequestInit
}
