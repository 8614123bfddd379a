/** SHA-256 of a DER certificate as descriptions write it, in lower case: `0a:1b:...` (RFC 8122, section 5). */
export type Fingerprint = string

/** The two certificates with which one connection shook hands: not what the descriptions, which the server brings, say. */
export interface Fingerprints {
  readonly own: Fingerprint
  readonly theirs: Fingerprint
}

export const fingerprintOf = async (certificate: ArrayBuffer): Promise<Fingerprint> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', certificate))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}

export const ownFingerprint = (certificate: RTCCertificate): Fingerprint | null =>
  certificate
    .getFingerprints()
    .find(({ algorithm }) => algorithm === 'sha-256')
    ?.value?.toLowerCase() ?? null
