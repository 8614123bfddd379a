/** Keys of computers that host, as their servers sign wills with them. */
import { generateKeyPairSync } from 'node:crypto'
import { HostSigner } from '#signalling/domain/wills.ts'

/** PEM; on the curve P-256 unless another one is named. */
export const createHostKey = (namedCurve = 'prime256v1'): string =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

export const createHostSigner = (): HostSigner => new HostSigner(createHostKey())
