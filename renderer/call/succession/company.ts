import type { PeerId } from '#signalling/protocol.ts'
import type { HostWord } from '../control-message.ts'
import type { SuccessionOptions } from './succession-state.ts'

/** Whoever was heard this lately is there. */
const HEARD_MS = 2500

/** The others in the room: who of them is heard, and what they say of whether they reach the server. */
export class Company {
  readonly #roster: SuccessionOptions['roster']
  #reach = new Map<PeerId, boolean>()

  constructor(roster: SuccessionOptions['roster']) {
    this.#roster = roster
  }

  /** By id. */
  get names(): Map<PeerId, string> {
    return new Map(this.#roster.people.map(({ id, name }) => [id, name]))
  }

  /** Empty when it is not known. */
  nameOf(id: PeerId): string {
    return this.names.get(id) ?? ''
  }

  isHeard(id: PeerId): boolean {
    return this.silentMs(id) < HEARD_MS
  }

  silentMs(id: PeerId): number {
    return this.#roster.silentMs(id)
  }

  get heard(): readonly PeerId[] {
    return this.#roster.people.map(({ id }) => id).filter((id) => this.isHeard(id))
  }

  get reach(): ReadonlyMap<PeerId, boolean> {
    return this.#reach
  }

  /** Whether somebody who is heard reaches the server. */
  get isReached(): boolean {
    return this.heard.some((id) => this.#reach.get(id) === true)
  }

  tell(id: PeerId, word: HostWord): void {
    this.#roster.tell(id, word)
  }

  tellAll(word: HostWord): void {
    for (const { id } of this.#roster.people) this.tell(id, word)
  }

  /** They say whether they reach the server. */
  take(from: PeerId, isReached: boolean): void {
    this.#reach.set(from, isReached)
  }

  /** This side lost the server. Whoever lost it before does not say so again. */
  lose(): void {
    this.#reach = new Map([...this.#reach].filter(([, isReached]) => !isReached))
  }

  /** What was said was about another server. */
  forget(): void {
    this.#reach.clear()
  }
}
