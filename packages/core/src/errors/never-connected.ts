/** What can be proved of a request that failed without an answer. */
export type ConnectionProof = 'never_connected' | 'untrusted' | 'unknown'

/**
 * Reads from a runtime's error, and the chain of its causes, whether the connection was certainly never made: then nothing was sent.
 * What is not on the lists below proves nothing.
 */
export function proveConnection(error: unknown): ConnectionProof {
  let proof: ConnectionProof = 'unknown'
  for (const link of walkCauses(error)) {
    if (isUntrusted(link)) return 'untrusted'
    if (isNeverConnected(link)) proof = 'never_connected'
  }
  return proof
}

interface SystemError {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly syscall?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
}

function* walkCauses(error: unknown): Generator<SystemError> {
  let link = error
  for (let depth = 0; depth < 8 && typeof link === 'object' && link !== null; depth += 1) {
    yield link
    const { cause, errors } = link as SystemError
    // Several addresses of one host were tried: they are one failed connection only if every one of them failed so.
    if (Array.isArray(errors) && errors.length > 0 && errors.every((one) => isNeverConnected(one)))
      yield { code: 'ECONNREFUSED' }
    link = cause
  }
}

/** Node.js, undici and Bun: refused, not resolved, or timed out in `connect`. */
const NEVER_CONNECTED = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused)$/
const CONNECT_SYSCALL = /^(?:connect|getaddrinfo)$/
/** Deno (hyper): the connector failed, before a request was given to a connection. Node.js: the TLS handshake did not end. */
const NO_CONNECTION =
  /client error \(Connect\)|Client network socket disconnected before secure TLS connection was established/

function isNeverConnected({ code, syscall, message }: SystemError): boolean {
  return matches(NEVER_CONNECTED, code) || matches(CONNECT_SYSCALL, syscall) || matches(NO_CONNECTION, message)
}

/** OpenSSL's verification results as Node.js and Bun name them. */
const UNTRUSTED =
  /^(?:ERR_TLS_CERT_|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF|DECRYPT_CERT)|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE))/
const NOT_TRUSTED = /invalid peer certificate|self[- ]signed certificate|unable to verify the first certificate/i

function isUntrusted({ code, message }: SystemError): boolean {
  return matches(UNTRUSTED, code) || matches(NOT_TRUSTED, message)
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}
