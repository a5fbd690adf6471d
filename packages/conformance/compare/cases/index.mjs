// The cases of the comparison, and the groups of its table.
import { answers, sizes } from './answers.mjs'
import { executions } from './deliveries.mjs'
import { keys, redirects, targets } from './keys.mjs'
import { leaks } from './leaks.mjs'
import { leftovers } from './leftovers.mjs'
import { retries } from './retries.mjs'
import { swaps } from './sandbox.mjs'
import { aborts, timeLimits } from './time.mjs'

/** @type {import('../context.mjs').NeutralCase[]} */
export const cases = [
  ...keys,
  ...targets,
  ...redirects,
  ...executions,
  ...swaps,
  ...retries,
  ...timeLimits,
  ...aborts,
  ...answers,
  ...sizes,
  // In this order, since what runs last of the leaks leaves rejections behind that are not the client's.
  ...leftovers,
  ...leaks,
]

/** Groups as the table shows them: `[name, title]`. */
export const GROUPS = [
  ['key', 'The key on the wire'],
  ['https', 'HTTPS and hosts'],
  ['redirect', 'Redirects'],
  ['execute', 'A POST that executes'],
  ['retry', 'Retries of a GET'],
  ['time', 'Time limits'],
  ['abort', 'Aborts'],
  ['answer', 'Answers and errors'],
  ['size', 'Size limits'],
  ['leak', 'Leaks of the key'],
  ['leftover', 'What is left behind'],
]
