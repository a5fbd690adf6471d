import * as v from 'valibot'

/** A string of which some values are known: those complete in an editor, and any other passes. */
export type OpenString<Known extends string> = Known | (string & {})

/** Any text. */
export const text = v.string('must be a string')

/** A string of which some values are known. The API may add to them at any time, so any string passes. */
export function openString<Known extends string>(): v.GenericSchema<OpenString<Known>> {
  return text
}

/**
 * An amount in an answer. A string whatever its size, because a JSON number loses digits beyond 2^53 - 1 before anybody can
 * look at it; so a number here is refused.
 */
export const amountText = /* @__PURE__ */ v.string('must be an amount as a string; a JSON number may have lost digits')

/** A string that passes a check. One message says what it must be, since a number in its place needs the same advice. */
export function checkedText(isValid: (value: string) => boolean, message: string) {
  return v.pipe(v.string(message), v.check(isValid, message))
}

/** An object schema that takes no list: valibot takes one for an object whose fields are all optional. */
export function noList<Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(
    v.custom<v.InferInput<Schema>>((value) => !Array.isArray(value), 'must be an object'),
    schema,
  )
}
