import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import type { LanEndpoint } from './lan-address.ts'

/** SHA-256 of a public key (SubjectPublicKeyInfo, DER), base64url: what an invitation pins (`HostIdentity.pin`). */
export const pinOfKey = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')

/** The pin of a certificate, or of its PEM. Null when it cannot be read: then it is nobody's. */
export const pinOf = (certificate: X509Certificate | string): string | null => {
  try {
    const { publicKey } = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate
    return pinOfKey(publicKey)
  } catch {
    // No PEM, or a kind of key that this OpenSSL does not know.
    return null
  }
}

interface TlsConnection {
  readonly socket: TLSSocket
  readonly certificate: X509Certificate
}

/**
 * Answers a connection to a server, once that has proved to hold the key of the certificate it shows; null when none answers by
 * TLS, or `signal` says to stop. Whoever asked ends it; `signal` does so, too. Nothing is sent beside the handshake. Whether
 * anybody vouches for the certificate, and whether its time is now, is not looked at: the clocks of a network without internet
 * are often wrong.
 */
export const connectByTls = ({ host, port }: LanEndpoint, signal: AbortSignal): Promise<TlsConnection | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false })
    const stop = (): void => {
      socket.destroy()
    }
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      if (certificate === undefined) stop()
      else resolve({ socket, certificate })
    })
    // `close` follows.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      signal.removeEventListener('abort', stop)
      resolve(null)
    })
  })

/** Answers the certificate that a server shows, by `connectByTls`; nothing more is said to it. */
export const askForCertificate = async (
  endpoint: LanEndpoint,
  signal: AbortSignal,
): Promise<X509Certificate | null> => {
  const connection = await connectByTls(endpoint, signal)
  connection?.socket.destroy()
  return connection?.certificate ?? null
}
