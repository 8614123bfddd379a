import type { PinnedHost } from '#electron/ipc.ts'
import type { PeerId } from '#signalling/protocol.ts'
import type { HostWord } from '../control-message.ts'
import type { Log } from '../log.ts'
import type { Roster } from '../roster.ts'
import type { Session } from '../server-words.ts'
import type { Signalling } from '../signalling.ts'
import type { OwnComputer } from './own-computer.ts'
import { TunnelSignalling } from './tunnel-guest.ts'
import type { TunnelWord } from './tunnel-word.ts'

const CONNECT = { deadlineMs: 4000, failures: 3 } as const

interface TravelOptions {
  readonly serverUrl: string
  readonly roster: Pick<Roster, 'tell'>
  readonly computer: OwnComputer | null
  readonly openServer: (serverUrl: string) => Signalling
  readonly log: Log
}

/** A way to a server, and who one is there. */
export interface Arrival {
  readonly signalling: Signalling
  readonly session: Session
  readonly serverUrl: string
}

const isTunnelWord = (word: HostWord): word is TunnelWord => word.kind.startsWith('tunnel-')

/**
 * Ways to the server of another computer: held to its key in the app; a browser has its own server alone, and goes to others
 * through the link to somebody there.
 */
export class Travel {
  readonly #options: TravelOptions
  #tunnel: { readonly to: PeerId; readonly signalling: TunnelSignalling } | null = null
  #isUnderWay = false

  constructor(options: TravelOptions) {
    this.#options = options
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay
  }

  /** Null when there is no way now. `isFirst`: the server that this page was opened at. */
  async to(host: PinnedHost, { via, isFirst }: { via: PeerId | null; isFirst: boolean }): Promise<Arrival | null> {
    const { computer, serverUrl } = this.#options
    if (this.#isUnderWay) return null
    this.#isUnderWay = true
    try {
      if (computer) {
        const found = await computer.findHost({ pin: host.pin, addresses: host.addresses }).catch(() => null)
        return found?.ok ? await this.open(found.serverUrl) : null
      }
      if (isFirst) return await this.open(serverUrl)
      return via === null ? null : await this.#dig(via)
    } finally {
      this.#isUnderWay = false
    }
  }

  async open(serverUrl: string): Promise<Arrival | null> {
    const signalling = this.#options.openServer(serverUrl)
    const session = await signalling.connect(CONNECT)
    return session.ok ? { signalling, session: session.value, serverUrl } : null
  }

  /** What comes over a link; false when it is for nobody here. */
  take(from: PeerId, word: HostWord): boolean {
    if (!isTunnelWord(word) || this.#tunnel?.to !== from) return false
    this.#tunnel.signalling.take(word)
    return true
  }

  close(): void {
    this.#tunnel = null
  }

  async #dig(to: PeerId): Promise<Arrival | null> {
    const { roster, log, serverUrl } = this.#options
    const signalling = new TunnelSignalling({ tell: (word) => roster.tell(to, word), log })
    const former = this.#tunnel
    // The other side has one tunnel for each person.
    if (former?.to === to) former.signalling.close()
    this.#tunnel = { to, signalling }
    const session = await signalling.connect(CONNECT)
    if (session.ok) return { signalling, session: session.value, serverUrl }
    this.#tunnel = former
    return null
  }
}
