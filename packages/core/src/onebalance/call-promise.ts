import type { CallPromise, ResponseInfo } from '../options.ts'

/** Data, and what came with it. */
export interface Answered<T> {
  readonly data: T
  readonly response: ResponseInfo
}

/** Gives a method that does more than one call the return type of one that does not. */
export function toCallPromise<T>(answer: Promise<Answered<T>>): CallPromise<T> {
  const data = answer.then((answered) => answered.data)
  return Object.assign(data, {
    withResponse: () => {
      // Whoever asks for the response hears of a failure there, and would otherwise be told twice.
      data.catch(() => {})
      return answer
    },
  })
}
