import type { Heir, Inheritance, PeerId, Succession as Told } from '#signalling/protocol.ts'
import type { Answer } from '../server-words.ts'
import type { Place, Places } from './places.ts'

/** More than ever host one room: what a server names beyond is not kept. */
const MAX_KNOWN = 100

/**
 * All of them: in the order of those who stand now, which is the same for all who are told; the others after those whom they came
 * after before.
 */
const inOrderOf = (told: readonly string[], former: readonly string[]): readonly string[] => {
  const ranks = [...new Set(told)]
  for (const [index, pin] of former.entries()) {
    const after = Math.max(-1, ...former.slice(0, index).map((each) => ranks.indexOf(each)))
    if (!ranks.includes(pin)) ranks.splice(after + 1, 0, pin)
  }
  return ranks
}

/** What this side knows of who hosts the room, who is to, and in which order: as the servers told it while they lived. */
export class Lineage {
  readonly #places: Places
  #told: Told = { host: null, heirs: [] }
  /** Keys of all heirs there ever were, and of those who hosted before as far as they are known, in their order. */
  #ranks: readonly string[] = []
  /** Everybody who was ever named an heir, the latest last. */
  #named: readonly Heir[] = []
  #order: readonly PeerId[] = []
  #you: PeerId = ''
  /** Null for whoever is no heir at the present server. */
  inheritance: Inheritance | null = null

  constructor(places: Places) {
    this.#places = places
  }

  /** The person at the computer that hosts; null when nobody is. */
  get host(): PeerId | null {
    return this.#told.host
  }

  get heirs(): readonly Heir[] {
    return this.#told.heirs
  }

  get you(): PeerId {
    return this.#you
  }

  /** There is a seat at another server, or at the same again. */
  settle({ peerId, room, succession }: Answer<'room:join'>): void {
    this.#you = peerId
    this.#order = room.peers.map(({ id }) => id)
    this.inheritance = null
    if (succession) this.learn(succession)
  }

  learn(told: Told): void {
    this.#told = told
    this.#named = [...this.#named, ...told.heirs.filter(({ id, pin }) => !this.isNamed(id, pin))].slice(-MAX_KNOWN)
    const pins = told.heirs.map(({ pin }) => pin)
    this.#ranks = inOrderOf(pins, this.#ranks.length < MAX_KNOWN ? this.#ranks : [])
  }

  /** The computers that hosted the room one after the other, the present one last, as their wills say. */
  learnFormer(pins: readonly string[]): void {
    this.#ranks = [...pins, ...this.#ranks.filter((pin) => !pins.includes(pin))]
  }

  learnEstate(estate: string): void {
    if (this.inheritance) this.inheritance = { ...this.inheritance, estate }
  }

  /** The lower, the earlier in the succession. */
  rankOf(pin: string): number {
    const rank = this.#ranks.indexOf(pin)
    return rank < 0 ? Infinity : rank
  }

  admit(id: PeerId): void {
    this.#order = [...this.#order.filter((each) => each !== id), id]
  }

  /** Whether a server of this room named this one as an heir, with this key. */
  isNamed(id: PeerId, pin: string): boolean {
    return this.#named.some((heir) => heir.id === id && heir.pin === pin)
  }

  /** Whose computer that is, as a server named them last; null for none of an heir. */
  heirAt(pin: string): PeerId | null {
    return this.#named.findLast((heir) => heir.pin === pin)?.id ?? null
  }

  /** Whether this is the computer at which the room was found: the only one whose key may not be known. */
  isFirst(pin: string): boolean {
    const { first } = this.#places
    return pin === first.pin || (first.pin === null && !this.#ranks.includes(pin))
  }

  /** Whether that computer comes before the one at `present`. */
  isSenior(pin: string, present: Place): boolean {
    const [rank, presentRank] = [this.rankOf(pin), this.rankOf(present.pin ?? '')]
    if (rank < Infinity && presentRank < Infinity) return rank < presentRank
    return this.isFirst(pin) && present.pin !== null && !this.isFirst(present.pin)
  }

  /** The computers that come before the one at `present`, but for those whose people are in the room there. */
  seniorsOf(present: Place): readonly Place[] {
    const before = this.#ranks.slice(0, Math.max(this.#ranks.indexOf(present.pin ?? ''), 0))
    const inside = new Set(this.#told.heirs.map(({ pin }) => pin))
    const places = before
      .filter((pin) => !inside.has(pin))
      .map((pin) => this.#places.find(pin) ?? { pin, addresses: [], token: '' })
    const { first } = this.#places
    return places.includes(first) ? places : [first, ...places]
  }

  /** Everybody of whom a name is known, in the order they came. */
  inOrder(names: ReadonlyMap<PeerId, string>): { id: PeerId; name: string }[] {
    return [...new Set([...this.#order, ...names.keys()])].flatMap((id) => {
      const name = names.get(id)
      return name === undefined ? [] : [{ id, name }]
    })
  }
}
