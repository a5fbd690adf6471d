import type { Target } from './clients/client.ts'
import { type PostPath, PREDICT, QUOTE } from './payloads.ts'

/** What is asked for, however many at once. */
export interface Case {
  readonly name: 'small' | 'large' | 'post' | 'quote' | 'tls'
  readonly scheme: 'http' | 'https'
  readonly prefix: Target['prefix']
  /** A GET of the list where there is none. */
  readonly post?: PostPath
  /** Requests of one measurement, by how many are in flight. */
  readonly counts: Readonly<Record<1 | 32 | 256, number>>
}

/** Requests in flight at once. */
export const CONCURRENCIES = [1, 32, 256] as const

export const CASES: readonly Case[] = [
  { name: 'small', scheme: 'http', prefix: '/small', counts: { 1: 1_500, 32: 5_000, 256: 5_000 } },
  { name: 'large', scheme: 'http', prefix: '/large', counts: { 1: 250, 32: 400, 256: 512 } },
  { name: 'post', scheme: 'http', prefix: '/small', post: PREDICT, counts: { 1: 1_500, 32: 5_000, 256: 5_000 } },
  { name: 'quote', scheme: 'http', prefix: '/small', post: QUOTE, counts: { 1: 1_000, 32: 3_000, 256: 3_000 } },
  { name: 'tls', scheme: 'https', prefix: '/small', counts: { 1: 1_500, 32: 4_000, 256: 4_000 } },
]
