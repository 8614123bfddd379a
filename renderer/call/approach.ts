import type { Result } from '#signalling/protocol.ts'
import type { CallProblem, MediaState } from './call-state.ts'
import { IceRefresh } from './ice-refresh.ts'
import { configureLinks, makeCertificate, usableIceServers } from './link-configuration.ts'
import type { Log } from './log.ts'
import { MovableSignalling } from './movable-signalling.ts'
import { ownMediaOf } from './own-media.ts'
import { Roster, type RosterRoom } from './roster.ts'
import type { Session } from './server-words.ts'
import type { Patience, Signalling } from './signalling.ts'
import { thisInstallation } from './trust/installation.ts'

interface ApproachOptions {
  readonly serverUrl: string
  /** The first way to it. */
  readonly signalling: Signalling
  readonly media: { readonly state: MediaState }
  /** False between the server's return and the seat's: then it takes no signals from us. */
  readonly isSeated: () => boolean
  /** The person wants the others to learn no address of this computer. Counts for rosters that are opened from now on. */
  readonly isRelayOnly: () => boolean
  readonly hasVpn?: (() => Promise<boolean>) | undefined
  readonly log: Log
}

/**
 * A way to one server and, once a room is found there, to its people: the connection, its relays, which expire and are
 * asked for anew, and the roster.
 */
export class Approach {
  readonly serverUrl: string
  readonly signalling: MovableSignalling
  readonly #options: ApproachOptions
  #certificate: RTCCertificate | null = null
  #iceRefresh: IceRefresh | null = null
  #roster: Roster | null = null

  constructor(options: ApproachOptions) {
    const { serverUrl, log } = options
    const signalling = new MovableSignalling(options.signalling)
    this.#options = options
    this.serverUrl = serverUrl
    this.signalling = signalling
    signalling.on('signal:received', ({ from, signal }) => this.#roster?.handleSignal(from, signal))
    signalling.on('request:refused', ({ request, code }) => {
      log('warn', `The server refused ${request}: ${code}`)
    })
  }

  /** Null before the first `openRoster`, and at the end. */
  get roster(): Roster | null {
    return this.#roster
  }

  async reach(patience: Patience): Promise<Result<Session, CallProblem>> {
    const { signalling } = this
    const [session, certificate] = await Promise.all([signalling.connect(patience), makeCertificate()])
    this.#certificate = certificate
    if (session.ok) {
      const onRefreshed: Roster['setIceServers'] = (iceServers) =>
        this.#roster?.setIceServers(usableIceServers(iceServers, this.#options.log))
      this.#iceRefresh = new IceRefresh({ signalling, session: session.value, onRefreshed })
    }
    return session
  }

  /** An empty roster, in the place of a former one. */
  openRoster(session: Session, room: RosterRoom): Roster {
    const { signalling, serverUrl } = this
    const { media, isSeated, isRelayOnly, hasVpn, log } = this.#options
    if (!this.#certificate) throw new Error('No server was reached')
    this.#roster?.close()
    this.#roster = new Roster({
      you: session.peerId,
      room,
      serverUrl,
      installation: thisInstallation(),
      configuration: configureLinks(
        { iceServers: session.iceServers, certificate: this.#certificate, isRelayOnly: isRelayOnly() },
        log,
      ),
      own: ownMediaOf(media.state),
      isOnline: () => signalling.isOnline && isSeated(),
      ...(hasVpn && { hasVpn }),
      send: (to, signal) => {
        signalling.sendSignal(to, signal)
      },
      log,
    })
    return this.#roster
  }

  /** Lets go of all but the connection, over which a last word may be on its way. */
  leaveRoom(): void {
    this.#iceRefresh?.close()
    this.#roster?.close()
    this.#roster = null
  }

  /** Lets go of everything, without a word. */
  close(): void {
    this.leaveRoom()
    this.signalling.close()
  }
}
