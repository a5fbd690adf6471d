import { generate } from 'selfsigned'

/** A throw-away authority and the certificate it made for this machine, PEM. */
export interface Certificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Makes an authority that lives as long as the sandbox, and a certificate for `localhost`, `127.0.0.1` and `::1`. */
export async function createCertificate(): Promise<Certificate> {
  const options = { algorithm: 'sha256', keyType: 'ec', curve: 'P-256' } as const
  const authority = await generate([{ name: 'commonName', value: 'OneBalance sandbox authority' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...options,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return { ca: authority.cert, cert: leaf.cert, key: leaf.private }
}
