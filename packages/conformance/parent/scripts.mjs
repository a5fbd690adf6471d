// Which fault scripts this run plays on each runtime: 300 known ones, with OB_LONG ten thousand new ones, with OB_SEED=<n> that one again.
const { OB_LONG, OB_SEED } = process.env

/** The first seed and how many follow from it. */
export const scripts = OB_SEED
  ? { first: Number(OB_SEED), count: 1 }
  : OB_LONG
    ? { first: Date.now() % 1_000_000_000, count: 10_000 }
    : { first: 1, count: 300 }
