/** Stands for a real session store. */
export async function findUser(cookie) {
  const [, id] = /(?:^|; )session=(\w+)/.exec(cookie ?? '') ?? []
  return id ? { id } : null
}
