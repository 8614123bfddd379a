import type { Announced, Discovery } from './discovery.ts'
import { findHost } from './host-finder.ts'
import type { Announcement, Announcing, FoundHost, HostState, NearbyMeeting, WantedHost } from './ipc.ts'

export interface LanPresenceOptions {
  readonly discovery: Pick<Discovery, 'announce' | 'watch' | 'nearby' | 'refresh' | 'checkMulticast' | 'close'>
  /** The setting. Asked each time, so that a change counts while hosting. */
  readonly announcing: () => Announcing
}

/** What this network is told of the meeting hosted here, and what is heard from it. Owns discovery; end it with `close`. */
export class LanPresence {
  readonly #discovery: LanPresenceOptions['discovery']
  readonly #announcing: () => Announcing
  #meeting: Announcement | null = null
  #host: HostState = { phase: 'off' }
  #told = JSON.stringify(null)
  #isPageWatching = false
  #searches = 0

  constructor({ discovery, announcing }: LanPresenceOptions) {
    this.#discovery = discovery
    this.#announcing = announcing
  }

  /** Whether the page wants to hear of meetings; a search alone listens for itself. */
  get isPageWatching(): boolean {
    return this.#isPageWatching
  }

  /** The meeting of the page, or none. Told while the server runs, as far as the setting allows. */
  announce(meeting: Announcement | null): void {
    this.#meeting = meeting
    this.update()
  }

  /** A server that has stopped takes its meeting with it; one that is being restarted comes back with it. */
  setHost(host: HostState): void {
    this.#host = host
    if (host.phase === 'off' || host.phase === 'failed') this.#meeting = null
    this.update()
  }

  /** Call when the setting has changed. */
  update(): void {
    const announced = this.#toTell()
    const told = JSON.stringify(announced)
    if (told === this.#told) return
    this.#told = told
    this.#discovery.announce(announced)
  }

  /** From now on, or no more, the page wants to hear of meetings. Answers those known now. */
  watch(isWatching: boolean): readonly NearbyMeeting[] {
    this.#isPageWatching = isWatching
    const known = this.#listen()
    return isWatching ? known : []
  }

  /** As `findHost`; listens to announcements meanwhile. */
  async find(wanted: WantedHost): Promise<FoundHost> {
    this.#searches += 1
    this.#listen()
    try {
      return await findHost(wanted, () => this.#discovery.nearby())
    } finally {
      this.#searches -= 1
      this.#listen()
    }
  }

  checkMulticast(): Promise<boolean> {
    return this.#discovery.checkMulticast()
  }

  /** The addresses of this computer have changed. */
  refresh(): void {
    this.#discovery.refresh()
  }

  close(): Promise<void> {
    return this.#discovery.close()
  }

  #listen(): readonly NearbyMeeting[] {
    return this.#discovery.watch(this.#isPageWatching || this.#searches > 0)
  }

  #toTell(): Announced | null {
    const announcing = this.#announcing()
    if (this.#meeting === null || this.#host.phase !== 'running' || announcing === 'nothing') return null
    const { port, addresses, identity } = this.#host
    const { code, isGuarded, former } = this.#meeting
    const { title, name } = announcing === 'named' ? this.#meeting : { title: '', name: '' }
    return { code, title, name, isGuarded, former, pin: identity.pin, port, addresses }
  }
}
