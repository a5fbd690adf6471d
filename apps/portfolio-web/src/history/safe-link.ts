/**
 * An address that may become a link: `https:` only, since an answer must not bring a script in. The sandbox names pages under
 * `.invalid`, which never exist (RFC 6761, section 6.4), so those are no links either.
 */
export function safeLink(address: string | null | undefined): string | undefined {
  if (!address || !URL.canParse(address)) return undefined
  const { protocol, hostname, href } = new URL(address)
  return protocol === 'https:' && !hostname.endsWith('.invalid') ? href : undefined
}
