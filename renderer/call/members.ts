import type { PeerId, PeerInfo } from '#signalling/protocol.ts'
import type { Person } from './call-state.ts'
import type { Offerer } from './negotiation.ts'
import type { PeerLink } from './peer-link.ts'
import type { LinkTrust } from './trust/link-trust.ts'
import type { TrustedPerson } from './trust/room-trust.ts'

/** `lobby`: they are in front of the room. `inside`: the server says so. `unlisted`: the server let them go. */
export type Standing = 'lobby' | 'inside' | 'unlisted'

export interface Member {
  /** Not known of those in front of the room. */
  readonly name: string
  readonly link: PeerLink
  readonly trust: LinkTrust
  readonly standing: Standing
  readonly sinceMs: number
  /** Lost the server, so it brings them no signal now. */
  readonly isAway: boolean
  readonly offerer: Offerer
  /** The id under which they said they came back: two links, one person. */
  readonly movedTo: PeerId | null
}

/** What `PeerInfo.offer` means for a link. */
export const offererOf = ({ offer }: PeerInfo): Offerer => {
  if (offer === undefined) return 'either'
  return offer === 'you' ? 'we' : 'they'
}

export const ageOf = ({ sinceMs }: Pick<Member, 'sinceMs'>): number => performance.now() - sinceMs

export const isConnected = ({ link }: Member): boolean => link.view.phase === 'connected'

const toPerson = (id: PeerId, { name, link, trust }: Member): Person => {
  const { phase, ...view } = link.view
  const trusted = { trust: trust.trust, hasNewKey: trust.hasNewKey(name) }
  return { ...view, id, name, link: phase, ...trusted }
}

/** Everyone to whom there is a link, in the order they came, and who of them is shown. */
export class Members {
  readonly #members = new Map<PeerId, Member>()
  #people: readonly Person[] | null = null

  entries(): Iterable<[PeerId, Member]> {
    return this.#members.entries()
  }
  keys(): Iterable<PeerId> {
    return this.#members.keys()
  }
  values(): Iterable<Member> {
    return this.#members.values()
  }
  get(id: PeerId): Member | undefined {
    return this.#members.get(id)
  }
  set(id: PeerId, member: Member): void {
    this.#members.set(id, member)
  }
  delete(id: PeerId): void {
    this.#members.delete(id)
  }
  clear(): void {
    this.#members.clear()
  }

  change(id: PeerId, part: Partial<Member>): void {
    const member = this.#members.get(id)
    if (member) this.#members.set(id, { ...member, ...part })
  }

  /** The same array until `forgetPeople`. */
  get people(): readonly Person[] {
    this.#people ??= this.#shown.map(([id, member]) => toPerson(id, member))
    return this.#people
  }

  /** Those who are shown and have a control channel. */
  get ofOurKind(): readonly TrustedPerson[] {
    return this.#shown
      .filter(([, { offerer }]) => offerer === 'either')
      .map(([, member]) => ({ trust: member.trust, name: member.name, isConnected: isConnected(member) }))
  }

  /** A member or a link has changed. */
  forgetPeople(): void {
    this.#people = null
  }

  /** Number of those who get our picture; those in front of the room get none. */
  get seated(): number {
    return this.#members.size - this.inLobby
  }

  get inLobby(): number {
    return [...this.#members.values()].filter(({ standing }) => standing === 'lobby').length
  }

  /** A person who came back under another id is shown by the former link until the new one is there. */
  isHidden(id: PeerId): boolean {
    const newcomer = this.#members.get(id)
    if (!newcomer || isConnected(newcomer)) return false
    const isFormer = (member: Member) =>
      member.standing === 'unlisted' && isConnected(member) && (member.movedTo === id || member.name === newcomer.name)
    return [...this.#members.values()].some(isFormer)
  }

  get #shown(): [PeerId, Member][] {
    return [...this.#members].filter(([id, { standing }]) => standing !== 'lobby' && !this.isHidden(id))
  }

  /** Former ids of those whose new link is there. */
  succeeded(): PeerId[] {
    const isThere = (id: PeerId | null) => {
      const member = id === null ? undefined : this.#members.get(id)
      return member !== undefined && isConnected(member)
    }
    return [...this.#members].filter(([, { movedTo }]) => isThere(movedTo)).map(([id]) => id)
  }
}
