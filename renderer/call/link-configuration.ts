import type { IceServer } from '#signalling/protocol.ts'
import { reasonOf, type Log } from './log.ts'

const KEY: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' }

/** Made once for each call and shared by its connections: making one takes a while, and one is enough to be known by. */
export const makeCertificate = (): Promise<RTCCertificate> => RTCPeerConnection.generateCertificate(KEY)

const toRtc = ({ urls, ...credentials }: IceServer): RTCIceServer => ({
  urls: typeof urls === 'string' ? urls : [...urls],
  ...credentials,
})

/** One entry that the browser refuses would refuse the whole connection: such entries are left out. */
const isUsable = (server: RTCIceServer, log: Log): boolean => {
  try {
    new RTCPeerConnection({ iceServers: [server] }).close()
    return true
  } catch (error) {
    log('warn', `An ICE server was left out: ${reasonOf(error)}`)
    return false
  }
}

/** Those that the browser takes. */
export const usableIceServers = (iceServers: readonly IceServer[], log: Log): RTCIceServer[] =>
  iceServers.map(toRtc).filter((server) => isUsable(server, log))

interface LinkSettings {
  readonly iceServers: readonly IceServer[]
  readonly certificate: RTCCertificate
  /** The others learn no address of this computer: nothing but relays is used. */
  readonly isRelayOnly: boolean
}

export const configureLinks = ({ iceServers, certificate, isRelayOnly }: LinkSettings, log: Log): RTCConfiguration => ({
  iceServers: usableIceServers(iceServers, log),
  iceTransportPolicy: isRelayOnly ? 'relay' : 'all',
  certificates: [certificate],
})
