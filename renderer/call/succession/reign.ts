import type { PinnedHost } from '#electron/ipc.ts'
import type { PeerId } from '#signalling/protocol.ts'
import type { HostWord } from '../control-message.ts'
import type { Log } from '../log.ts'
import type { MovableSignalling } from '../movable-signalling.ts'
import type { Roster } from '../roster.ts'
import type { Signalling } from '../signalling.ts'
import type { OwnComputer, OwnServer } from './own-computer.ts'
import type { Place } from './places.ts'
import { Reunion, type Found } from './reunion.ts'
import { TunnelHost } from './tunnel-host.ts'

/** How often those are told who are not here yet. */
const TELL_MS = 1000
/** Those who go elsewhere have this long before the server here ends. */
const FAREWELL_MS = 5000

interface ReignOptions {
  readonly code: string
  readonly signalling: MovableSignalling
  readonly roster: Pick<Roster, 'people' | 'tell'>
  readonly computer: OwnComputer
  readonly server: OwnServer
  /** With which each takes their place here. */
  readonly tokens: ReadonlyMap<PeerId, string>
  readonly openServer: (serverUrl: string) => Signalling
  /** Another connection to the server here. */
  readonly openOwnServer: () => Signalling
  readonly isHeard: (id: PeerId) => boolean
  readonly seniors: () => readonly Place[]
  readonly onFound: (found: Found) => void
  readonly log: Log
}

/** The time during which this computer hosts a room in the place of another: brings everybody here, and looks for those before it. */
export class Reign {
  readonly #options: ReignOptions
  readonly #tunnels: TunnelHost
  readonly #reunion: Reunion
  readonly #timer: ReturnType<typeof setInterval>
  readonly #stops: readonly (() => void)[]
  readonly #here = new Set<PeerId>()

  constructor(options: ReignOptions) {
    const { roster, signalling, log } = options
    this.#options = options
    this.#tunnels = new TunnelHost({
      openSignalling: options.openOwnServer,
      tell: (to, word) => roster.tell(to, word),
      log,
    })
    this.#reunion = new Reunion(options)
    this.#stops = [
      signalling.on('peer:back', ({ id }) => {
        this.#here.add(id)
      }),
      signalling.on('peer:left', ({ id }) => {
        this.#here.delete(id)
        this.#tunnels.forget(id)
      }),
    ]
    this.#timer = setInterval(() => {
      this.#tell()
    }, TELL_MS)
    this.#tell()
  }

  /** Nobody else is here. */
  get isUnattended(): boolean {
    return this.#here.size === 0
  }

  /** Of somebody who has no way of their own to the server here. */
  take(from: PeerId, word: HostWord): void {
    if (word.kind !== 'host-reached' && word.kind !== 'taken-over' && word.kind !== 'gone-back')
      this.#tunnels.take(from, word)
  }

  /**
   * Sends everybody to another computer, and ends the server here as soon as they have had time to go; what this answers keeps
   * it running.
   */
  end(host: PinnedHost): () => void {
    const { roster, computer, log } = this.#options
    this.#stopLooking()
    for (const { id } of roster.people) roster.tell(id, { kind: 'gone-back', host })
    const timer = setTimeout(() => {
      this.#tunnels.close()
      computer.stopServer().catch((cause: unknown) => {
        log('warn', `The server of this computer did not end: ${String(cause)}`)
      })
    }, FAREWELL_MS)
    return () => {
      clearTimeout(timer)
      this.#tunnels.close()
    }
  }

  /** This side leaves the room; the server here stays, as any host's does. */
  close(): void {
    this.#stopLooking()
    this.#tunnels.close()
  }

  #stopLooking(): void {
    clearInterval(this.#timer)
    this.#reunion.close()
    for (const stop of this.#stops) stop()
  }

  #tell(): void {
    const { roster, tokens, server, isHeard } = this.#options
    for (const { id } of roster.people) {
      const token = tokens.get(id)
      if (token === undefined || this.#here.has(id) || !isHeard(id)) continue
      roster.tell(id, { kind: 'taken-over', host: server.host, token })
    }
  }
}
