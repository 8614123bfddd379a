import { isLinkLocalIPv6 } from './discovery-cards.ts'
import { MAX_FORMER, type Advertisement } from './discovery-records.ts'
import { formatLanEndpoint } from './lan-address.ts'
import type { NearbyMeeting } from './ipc.ts'

/** As many as a person can look through (`nearbyChanged` in ipc.ts). */
const MAX_MEETINGS = 50
/** One computer hosts one meeting, some have several apps; so one flooder cannot crowd out the others. */
const MAX_PER_SENDER = 4
/** A meeting is heard by IPv4 and IPv6 and on several cards. */
const MAX_HEARD = 4 * MAX_MEETINGS
const MAX_ADDRESSES = 8

/** One meeting as one sender tells of it. */
interface Heard {
  readonly sender: string
  readonly advertisement: Advertisement
  /** When its meeting was first heard of. */
  readonly since: number
  readonly at: number
}

/** Only a host with the right key can be reached by it, so code and key are who a meeting is. */
const idOf = ({ code, pin }: Advertisement): string => `${code}.${pin}`

/** The address that the packet came from first: that one is known to be on this link. */
const addressesOf = ({ sender, advertisement: { addresses, port } }: Heard): readonly string[] =>
  [...new Set([...(isLinkLocalIPv6(sender) ? [] : [sender]), ...addresses])].map((host) =>
    formatLanEndpoint({ host, port }),
  )

/** What each sender says first comes before what any says next, so that nobody crowds out what another says. */
const formerOf = (all: readonly Heard[]): readonly string[] => {
  const inTurn = Array.from({ length: MAX_FORMER }, (_, turn) =>
    all.flatMap(({ advertisement }) => advertisement.former[turn] ?? []),
  )
  return [...new Set(inTurn.flat())].slice(0, MAX_FORMER)
}

const toMeeting = (first: Heard, all: readonly Heard[]): NearbyMeeting => {
  const { code, pin, title, name, isGuarded } = first.advertisement
  const addresses = [...new Set(all.flatMap(addressesOf))].slice(0, MAX_ADDRESSES)
  return { id: idOf(first.advertisement), code, pin, title, name, isGuarded, former: formerOf(all), addresses }
}

/**
 * The meetings that are heard of, from whom, and when last. Each sender is believed for its own words only: what one says of a
 * meeting never changes or removes what another said. Times are in milliseconds of any one clock.
 */
export class NearbyMeetings {
  readonly #heard = new Map<string, Heard>()

  get isEmpty(): boolean {
    return this.#heard.size === 0
  }

  /** Takes it down, unless there are too many already; those known stay. True when it says anything new. */
  hear(advertisement: Advertisement, sender: string, now: number): boolean {
    const key = `${sender} ${advertisement.instance}`
    const former = this.#heard.get(key)
    if (former === undefined && !this.#hasRoom(sender)) return false
    const since = this.#find(idOf(advertisement))?.since
    if (since === undefined && this.#groups().size >= MAX_MEETINGS) return false
    const heard: Heard = { sender, advertisement, since: since ?? now, at: now }
    if (addressesOf(heard).length === 0) return false
    this.#heard.set(key, heard)
    return JSON.stringify(former?.advertisement) !== JSON.stringify(advertisement)
  }

  /**
   * Drops what this sender told of it; true when it had. What others told of the same instance counts as last heard of at
   * `doubtedAt`: an IPv6 host may have changed its address, and a forged goodbye is outlived by whoever answers.
   */
  forget(instance: string, sender: string, doubtedAt: number): boolean {
    const isForgotten = this.#heard.delete(`${sender} ${instance}`)
    for (const [key, heard] of this.#heard)
      if (heard.advertisement.instance === instance)
        this.#heard.set(key, { ...heard, at: Math.min(heard.at, doubtedAt) })
    return isForgotten
  }

  /** Drops those last heard of before `time`. True when there were any. */
  forgetBefore(time: number): boolean {
    const sizeBefore = this.#heard.size
    for (const [key, { at }] of this.#heard) if (at < time) this.#heard.delete(key)
    return this.#heard.size < sizeBefore
  }

  /** Whether any was last heard of before `time`. */
  hasSilent(time: number): boolean {
    return [...this.#heard.values()].some(({ at }) => at < time)
  }

  /** In the order they were first heard of. */
  list(): readonly NearbyMeeting[] {
    return [...this.#groups().values()].toSorted(([a], [b]) => a.since - b.since).map((all) => toMeeting(all[0], all))
  }

  clear(): void {
    this.#heard.clear()
  }

  #hasRoom(sender: string): boolean {
    const all = [...this.#heard.values()]
    return all.length < MAX_HEARD && all.filter((heard) => heard.sender === sender).length < MAX_PER_SENDER
  }

  #find(id: string): Heard | undefined {
    return [...this.#heard.values()].find(({ advertisement }) => idOf(advertisement) === id)
  }

  #groups(): ReadonlyMap<string, [Heard, ...Heard[]]> {
    const groups = new Map<string, [Heard, ...Heard[]]>()
    for (const heard of this.#heard.values()) {
      const id = idOf(heard.advertisement)
      const group = groups.get(id)
      if (group === undefined) groups.set(id, [heard])
      else group.push(heard)
    }
    return groups
  }
}
