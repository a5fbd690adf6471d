import type { Limit } from './context.ts'

/** Bun sends a GET again below every retry code. */
export const BUN_RESENDS_GET: Limit = {
  why: 'fetch sends a GET again by itself when a connection that is used again closes without an answer',
  link: 'https://github.com/oven-sh/bun/issues/28706',
}

/** Deno sends whatever body it still has again below every retry code. */
export const DENO_RESENDS: Limit = {
  why: 'fetch sends a request again by itself when a connection that is used again closes without an answer',
  link: 'https://github.com/denoland/deno/issues/35610',
}

/** A reset in the TLS handshake looks like any other. */
export const HANDSHAKE: Limit = {
  why: 'fetch does not tell a connection that is reset in the TLS handshake from one that is reset later',
  link: 'https://bun.com/docs/runtime/networking/fetch',
}

/** workerd has one error for everything that goes wrong on the network. */
export const NO_REASON: Limit = {
  why: 'fetch gives one error for every failure of the network, so nothing proves that the request was not sent',
  link: 'https://github.com/cloudflare/workerd/issues/5286',
}

/** workerd trusts certificates for a whole worker. */
export const ONE_TRUST: Limit = {
  why: 'certificates are trusted by the whole worker, not by one client',
  link: 'https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp',
  cannotRun: true,
}

/** A stream has no length in a Worker. */
export const CHUNKED: Limit = {
  why: 'a stream without FixedLengthStream is sent in chunks',
  link: 'https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/#fixedlengthstream',
}

/** Core runs in a Worker without an adapter. */
export const NO_ENVIRONMENT: Limit = {
  why: 'core runs there without an adapter: a Worker has no process environment and no files, its key comes from a binding',
  link: 'https://developers.cloudflare.com/workers/configuration/environment-variables/',
  cannotRun: true,
}

/** A Worker is no process. */
export const NO_OUTPUT: Limit = {
  why: 'a Worker has no output of its own that a program could leave a key in',
  link: 'https://developers.cloudflare.com/workers/observability/logs/',
  cannotRun: true,
}

/** A page is not told why a request failed. */
export const CHROMIUM_NO_REASON: Limit = {
  why: 'fetch gives a page one error for every failure of the network, so nothing proves that the request was not sent',
  link: 'https://fetch.spec.whatwg.org/#concept-network-error',
}

/** Chromium sends a GET again below every retry code, and nothing joins its copy to it: a read has no call id. */
export const CHROMIUM_RESENDS: Limit = {
  why: 'fetch sends a request again by itself after a 421, and after a 408 on a connection that was used before',
  link: 'https://source.chromium.org/chromium/chromium/src/+/main:net/http/http_network_transaction.cc',
}
