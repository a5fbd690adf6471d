/** An answer that is an error, in the API's own shape. */
export class Problem extends Error {
  readonly status: number
  /** Empty where the API answers with `message` and `statusCode` alone. */
  readonly error: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, error: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.error = error
    this.headers = headers
  }
}

/** 400, as the API answers an input that it does not take. */
export function invalid(message: string): Problem {
  return new Problem(400, 'Validation failed', message)
}
