// A program that makes one call and does nothing else: whether it ends, and what it prints when it dies of an error.
import { loadClient } from './clients/index.mjs'

const { PROGRAM_CLIENT, PROGRAM_URL, PROGRAM_KEY, PROGRAM_TIMEOUT = '5000' } = process.env
const { create } = await loadClient(PROGRAM_CLIENT)
const subject = create({
  baseURL: PROGRAM_URL,
  apiKey: PROGRAM_KEY,
  timeout: Number(PROGRAM_TIMEOUT),
  maxResponseBytes: 1_000_000,
})
await subject.get('/v2/things')
