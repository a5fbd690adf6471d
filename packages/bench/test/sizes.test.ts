// Bundles grow a little at a time, and nobody sees it. `sizes.json` holds what they were, bytes gzip; write a new number where the growth is
// worth it, and where they shrank.
import { expect, test } from 'vitest'
import recorded from '../sizes.json' with { type: 'json' }
import { bundle, sizeOf } from '../src/bundle.ts'
import { OURS } from '../src/parts/sizes.ts'

/** What gzip of another version may differ by, and what a small fix takes. */
const TOLERANCE = 0.03

test.each(Object.entries(recorded))('the browser bundle of %s is no larger than recorded', async (name, bytes) => {
  const { gzip } = sizeOf(await bundle(OURS[name] ?? '', 'browser'))
  expect(gzip).toBeLessThanOrEqual(bytes * (1 + TOLERANCE))
  // A record that is far above what is there would guard nothing.
  expect(gzip).toBeGreaterThanOrEqual(bytes * (1 - TOLERANCE))
})

test('every program of ours is recorded', () => {
  expect(Object.keys(recorded)).toEqual(Object.keys(OURS))
})
