/** Gives the key. `rejected` is true when the API refused the one given before. */
export type KeyFunction = (question: { readonly rejected: boolean }) => string | Promise<string>
/** The key itself, or a function that gives it. */
export type KeySource = string | KeyFunction
