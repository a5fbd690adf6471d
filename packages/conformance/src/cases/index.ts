import type { Case } from '../context.ts'
import { baseURLs } from './base-urls.ts'
import { bodies } from './bodies.ts'
import { certificates } from './certificates.ts'
import { deliveries } from './deliveries.ts'
import { errors } from './errors.ts'
import { faultScripts } from './fault-scripts.ts'
import { flows } from './flows.ts'
import { gate } from './gate.ts'
import { hygiene } from './hygiene.ts'
import { keys } from './keys.ts'
import { leaks } from './leaks.ts'
import { paths } from './paths.ts'
import { redirects } from './redirects.ts'
import { retries } from './retries.ts'
import { timeLimits } from './time-limits.ts'

/** The whole suite. */
export const cases: readonly Case[] = [
  ...baseURLs,
  ...paths,
  ...certificates,
  ...keys,
  ...redirects,
  ...errors,
  ...retries,
  ...gate,
  ...deliveries,
  ...bodies,
  ...timeLimits,
  ...leaks,
  ...flows,
  ...faultScripts,
  ...hygiene,
]

const ids = cases.map(({ id }) => id)
const double = ids.find((id, index) => ids.indexOf(id) !== index)
if (double) throw new Error(`two cases are called ${double}`)
