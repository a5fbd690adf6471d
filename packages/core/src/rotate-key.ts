import type { Wire } from './attempt.ts'
import type { Abortable } from './on-abort.ts'
import { limitTime } from './time-limit.ts'

/** Whether the source has another key than the rejected one. A source that fails, or does not answer in `timeout` ms, has none. */
export async function hasNewKey(
  { runtime, keys }: Pick<Wire, 'runtime' | 'keys'>,
  rejected: string,
  options: { readonly signal: Abortable | undefined; readonly timeout: number },
): Promise<boolean> {
  const limit = limitTime(runtime, options)
  try {
    return (await limit.race(keys.replace(rejected))) !== undefined
  } catch {
    return false
  } finally {
    limit.end(true)
  }
}
