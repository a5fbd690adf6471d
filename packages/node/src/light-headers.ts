/** Headers as undici reads them: lower-case names; a list where one came more than once. */
export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>

const NOTHING: readonly string[] = []

/** What the engine asks of headers, without the cost of a `Headers` object for each request and answer. */
export class LightHeaders {
  readonly raw: RawHeaders
  private readonly hidden: readonly string[]

  /** `hidden` are lower-case names that do not hold any more, such as the encoding of a body that was decoded. */
  constructor(raw: RawHeaders = {}, hidden: readonly string[] = NOTHING) {
    this.raw = raw
    this.hidden = hidden
  }

  get(name: string): string | null {
    // Mostly it is written as it came.
    const key = Object.hasOwn(this.raw, name) ? name : name.toLowerCase()
    if (!Object.hasOwn(this.raw, key) || this.hidden.includes(key)) return null
    const value = this.raw[key] ?? ''
    return typeof value === 'string' ? value : value.join(', ')
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  forEach(visit: (value: string, name: string) => void): void {
    for (const [name, value] of this) visit(value, name)
  }

  *entries(): Generator<[name: string, value: string]> {
    for (const [name, value = ''] of Object.entries(this.raw)) {
      if (this.hidden.includes(name)) continue
      for (const one of typeof value === 'string' ? [value] : value) yield [name, one]
    }
  }

  [Symbol.iterator](): Generator<[name: string, value: string]> {
    return this.entries()
  }
}
