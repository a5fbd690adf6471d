import type { Api } from '../api.ts'

/** What to do about an HTTP status: the API's own advice, then what holds for any API. */
export function hintForStatus(status: number, api: Api): string {
  return api.hints?.[status] ?? GENERAL[status] ?? (status >= 500 ? SERVER : REQUEST)
}

const GENERAL: { readonly [status: number]: string } = {
  401: 'Check that the key is whole, not revoked, and for this API and environment.',
  403: 'The key is valid but may not use this endpoint: check its permissions.',
  404: 'Check the path and the id. If every call answers so, the service may have ended: check baseURL.',
  408: 'The request did not arrive in time: try again later.',
  410: 'This is gone. If every call answers so, the service may have ended: check baseURL.',
  413: 'The request is larger than the API takes.',
  429: 'Too many requests: wait `retryAfter` ms, and make fewer calls at once (see maxConcurrent).',
}
const REQUEST = 'The API refused the request: read serverError, and check the input.'
const SERVER = "The fault is the API's: try again later, and give its support the requestId."

/** The standard reason phrase of a status (RFC 9110, section 15). */
export function reasonPhrase(status: number): string {
  return PHRASES[status] ?? (status >= 500 ? 'Server Error' : 'Error')
}

const PHRASES: { readonly [status: number]: string } = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  425: 'Too Early',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
