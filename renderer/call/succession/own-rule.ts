import type { PinnedHost } from '#electron/ipc.ts'
import type { PeerId } from '#signalling/protocol.ts'
import type { HostWord } from '../control-message.ts'
import type { Lineage } from './lineage.ts'
import type { OwnComputer, OwnServer } from './own-computer.ts'
import type { Place } from './places.ts'
import { Reign } from './reign.ts'
import type { Found } from './reunion.ts'
import type { SuccessionOptions } from './succession-state.ts'
import { Takeover, type Adopted, type Legacy } from './takeover.ts'

interface OwnRuleOptions extends SuccessionOptions {
  readonly computer: OwnComputer
  readonly lineage: Lineage
  /** Where the room is now. */
  readonly place: () => Place
  readonly isHeard: (id: PeerId) => boolean
  /** A computer that comes before this one has the room, too. */
  readonly onFound: (found: Found) => void
}

/** What this computer does to go on with a room, and while it does. */
export class OwnRule {
  readonly #options: OwnRuleOptions
  readonly #takeover: Takeover
  #isTakingOver = false
  #reign: Reign | null = null
  /** Keeps the server of the former reign running, if it is not over yet. */
  #keepServer: () => void = () => undefined

  constructor(options: OwnRuleOptions) {
    this.#options = options
    this.#takeover = new Takeover(options)
  }

  get isReigning(): boolean {
    return this.#reign !== null
  }

  /** Nobody has come here yet. */
  get isUnattended(): boolean {
    return this.#reign?.isUnattended === true
  }

  /** It may be needed soon. */
  prepare(): void {
    this.#keepServer()
    this.#takeover.prepare()
  }

  /** It is not needed: ends what was only prepared. */
  cancel(): void {
    void this.#takeover.cancel()
  }

  /** Null when this computer cannot, or `isStillWanted` says no: then it is as before. */
  async takeOver(legacy: Legacy, isStillWanted: () => boolean): Promise<Adopted | null> {
    // One that was given up may still wait for the server to start.
    if (this.#isTakingOver) return null
    this.#isTakingOver = true
    this.#keepServer()
    const adopted = await this.#takeover.adopt(legacy).finally(() => {
      this.#isTakingOver = false
    })
    if (adopted && isStillWanted()) {
      this.#begin(adopted.server, adopted.tokens)
      return adopted
    }
    this.#options.log('warn', adopted ? 'The former computer was back in time' : 'The room could not be taken over')
    adopted?.signalling.close()
    if (adopted) await this.#takeover.endServer()
    else await this.#takeover.cancel()
    return null
  }

  /** The page was loaded anew; the server at `serverUrl` ran on. False when it is not the one of this computer. */
  async resume(serverUrl: string, isStillWanted: () => boolean): Promise<boolean> {
    const server = await this.#options.computer.startServer().catch(() => null)
    if (!server || server.url !== serverUrl || !isStillWanted()) return false
    this.#begin(server, new Map())
    return true
  }

  /** What comes over a link from somebody who has no way of their own to the server here. */
  take(from: PeerId, word: HostWord): void {
    this.#reign?.take(from, word)
  }

  /** Everybody goes to another computer. */
  end(host: PinnedHost): void {
    if (this.#reign) this.#keepServer = this.#reign.end(host)
    this.#reign = null
    this.cancel()
  }

  /** This side leaves the room: the server of a room that it goes on with stays. */
  close(): void {
    this.#reign?.close()
    if (!this.#reign) this.cancel()
  }

  #begin(server: OwnServer, tokens: ReadonlyMap<PeerId, string>): void {
    const { lineage, place, openServer } = this.#options
    this.#reign = new Reign({
      ...{ ...this.#options, server, tokens },
      openOwnServer: () => openServer(server.url),
      seniors: () => lineage.seniorsOf(place()),
    })
  }
}
