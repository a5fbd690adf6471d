import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** Makes a throw-away authority and a certificate for this machine, as files. Returns their folder. */
export async function writeCertificate(): Promise<string> {
  const options = { algorithm: 'sha256', keyType: 'ec', curve: 'P-256' } as const
  const authority = await generate([{ name: 'commonName', value: 'Bench authority' }], {
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
        ],
      },
    ],
  })
  const folder = mkdtempSync(join(tmpdir(), 'ob-bench-'))
  writeFileSync(join(folder, 'ca.pem'), authority.cert)
  writeFileSync(join(folder, 'cert.pem'), leaf.cert)
  writeFileSync(join(folder, 'key.pem'), leaf.private, { mode: 0o600 })
  return folder
}
