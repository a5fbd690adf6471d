// Throw-away certificates of one run: a trusted authority with a good, an expired and a misnamed server, and servers that nobody vouches for.
import { generate } from 'selfsigned'

const DAY = 86_400_000
const HERE = [
  { type: 2, value: 'localhost' },
  { type: 7, ip: '127.0.0.1' },
  { type: 7, ip: '::1' },
]

/** `{ ca: PEM, servers: { good, expired, misnamed, selfSigned, stranger } }`, each server `{ key, cert }` as PEM. */
export async function createCertificates() {
  const [authority, otherAuthority] = await Promise.all([
    createAuthority('conformance'),
    createAuthority('somebody else'),
  ])
  const [good, expired, misnamed, selfSigned, stranger] = await Promise.all([
    createServer(HERE, { ca: authority }),
    createServer(HERE, { ca: authority, notBeforeDate: daysAgo(10), notAfterDate: daysAgo(1) }),
    createServer([{ type: 2, value: 'elsewhere.example' }], { ca: authority }),
    createServer(HERE, {}),
    createServer(HERE, { ca: otherAuthority }),
  ])
  return { ca: authority.cert, servers: { good, expired, misnamed, selfSigned, stranger } }
}

async function createAuthority(name) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    ...COMMON,
    notAfterDate: daysAgo(-30),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  return { key, cert }
}

async function createServer(altNames, options) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: altNames[0].value }], {
    ...COMMON,
    notAfterDate: daysAgo(-30),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
    ...options,
  })
  return { key, cert }
}

// The default digest is one that OpenSSL refuses.
const COMMON = { algorithm: 'sha256', keyType: 'ec', curve: 'P-256', notBeforeDate: daysAgo(20) }

function daysAgo(days) {
  return new Date(Date.now() - days * DAY)
}
