import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const NAME = 'session'

/**
 * The demo's idea of who somebody is: whoever opens the page gets a session, as a signed cookie. A site of your own has a log-in in
 * place of this. Nothing is kept, so many visitors cost no memory; the secret is made anew with each start.
 */
export function createSessions() {
  const secret = randomBytes(32)
  const sign = (id) => createHmac('sha256', secret).update(id).digest('base64url')

  /** The id of the session that a `Cookie` header names; `undefined` where it is none of ours. */
  const read = (header) => {
    const value = header?.match(/(?:^|;\s*)session=([^;\s]+)/)?.[1]
    const [id, signature = ''] = value?.split('.') ?? []
    if (!id) return undefined
    const [given, right] = [Buffer.from(signature), Buffer.from(sign(id))]
    return given.length === right.length && timingSafeEqual(given, right) ? id : undefined
  }
  return {
    read,
    /** The `Set-Cookie` header of a new session. Scripts cannot read the cookie, and requests of other sites do not carry it. */
    issue() {
      const id = randomBytes(16).toString('base64url')
      return `${NAME}=${id}.${sign(id)}; Path=/; HttpOnly; SameSite=Strict`
    },
  }
}

/** Gives a session with the page itself, which is loaded before anything that needs one. */
export function giveSession(sessions, { url = '/', headers }, response) {
  const [path] = url.split('?')
  if ((path === '/' || path === '/index.html') && !sessions.read(headers.cookie))
    response.setHeader('set-cookie', sessions.issue())
}
