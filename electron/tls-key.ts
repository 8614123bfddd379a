import { createHash, X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import type { LanEndpoint } from './lan-address.ts'

/**
 * SHA-256 of the public key (SubjectPublicKeyInfo, DER), base64url: what an invitation pins (`HostIdentity.pin`). Takes a
 * certificate, or its PEM. Null when it cannot be read: then it is nobody's.
 */
export const pinOf = (certificate: X509Certificate | string): string | null => {
  try {
    const { publicKey } = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate
    return createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url')
  } catch {
    // No PEM, or a kind of key that this OpenSSL does not know.
    return null
  }
}

/**
 * Answers the certificate that a server shows, once it has proved to hold its key; null when none answers by TLS, or
 * `signal` says to stop. Nothing is sent beside the handshake. Whether anybody vouches for the certificate, and whether
 * its time is now, is not looked at: the clocks of a network without internet are often wrong.
 */
export const askForCertificate = ({ host, port }: LanEndpoint, signal: AbortSignal): Promise<X509Certificate | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false })
    const end = (certificate: X509Certificate | null): void => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(certificate)
    }
    const stop = (): void => end(null)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    socket.once('secureConnect', () => end(socket.getPeerX509Certificate() ?? null))
    socket.on('error', stop)
    socket.once('close', stop)
  })
