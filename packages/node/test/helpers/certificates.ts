import { generate } from 'selfsigned'

/** A certificate and its key, PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

/** A certificate authority of one test run. */
export interface Authority {
  readonly ca: string
  /** Issues a certificate for a server. By default for the loopback addresses, valid for an hour. */
  issue(options?: { readonly host?: string; readonly notBefore?: Date; readonly notAfter?: Date }): Promise<Identity>
}

const HOUR = 3_600_000
const EC = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const

export async function createAuthority(): Promise<Authority> {
  const root = await generate([{ name: 'commonName', value: 'Fault test authority' }], {
    ...EC,
    notBeforeDate: new Date(Date.now() - 24 * HOUR),
    notAfterDate: new Date(Date.now() + 24 * HOUR),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  return {
    ca: root.cert,
    async issue({ host, notBefore = new Date(Date.now() - HOUR), notAfter = new Date(Date.now() + HOUR) } = {}) {
      const { cert, private: key } = await generate([{ name: 'commonName', value: host ?? 'localhost' }], {
        ...EC,
        notBeforeDate: notBefore,
        notAfterDate: notAfter,
        ca: { key: root.private, cert: root.cert },
        extensions: [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true },
          {
            name: 'subjectAltName',
            altNames: host
              ? [{ type: 2, value: host }]
              : [
                  { type: 2, value: 'localhost' },
                  { type: 7, ip: '127.0.0.1' },
                ],
          },
        ],
      })
      return { cert, key }
    },
  }
}

/** A certificate that no authority vouches for. */
export async function createSelfSigned(): Promise<Identity> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...EC,
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return { cert, key }
}
