import { networkInterfaces } from 'node:os'
import { Announcer } from './discovery-announcer.ts'
import { DiscoveryBrowser } from './discovery-browser.ts'
import { DiscoveryLinks } from './discovery-links.ts'
import type { DiscoveryLink, MdnsPacket, MdnsQuestions } from './discovery-link.ts'
import { makeProbe, readQuestions } from './discovery-records.ts'
import type { Announced } from './discovery-records.ts'
import type { NearbyMeeting } from './ipc.ts'
import type { Log } from './log.ts'
import type { Cards } from './network-addresses.ts'

export type { Announced } from './discovery-records.ts'

/** RFC 6762, section 3. */
const MDNS_PORT = 5353
/** Multicast comes back to its sender at once, or not at all. */
const PROBE_MS = 1000

export interface DiscoveryOptions {
  readonly log: Log
  /** All meetings of others that are known now; at most 50, told at most 4 times a second. */
  readonly onNearby: (meetings: readonly NearbyMeeting[]) => void
  readonly readCards?: () => Cards
  readonly port?: number
}

/**
 * Lets the local network know of the meeting that is hosted here, and finds those of others: DNS-SD (RFC 6763) over multicast
 * DNS (RFC 6762), service `_earshot._tcp`, on all cards, by IPv4 and IPv6. Holds sockets only while it announces or watches.
 * Whatever comes in is a hint of where to look: private addresses in a bounded list, text as text. Never throws.
 */
export class Discovery {
  readonly #links: DiscoveryLinks
  readonly #announcer = new Announcer(() => this.#links.all)
  readonly #browser: DiscoveryBrowser
  /** Questions of `checkMulticast` that are on their way, by name. */
  readonly #probes = new Map<string, { readonly questions: MdnsQuestions; readonly onReturn: () => void }>()
  #isClosed = false

  constructor({ log, onNearby, readCards = networkInterfaces, port = MDNS_PORT }: DiscoveryOptions) {
    this.#links = new DiscoveryLinks({
      readCards,
      port,
      log,
      onPacket: (link, packet, sender) => this.#handlePacket(link, packet, sender),
      onJoined: (link) => this.#handleJoined(link),
    })
    this.#browser = new DiscoveryBrowser({
      ask: (questions) => this.#links.ask(questions),
      isOwn: (instance) => this.#announcer.isOwn(instance),
      onNearby,
    })
  }

  /** Announces this meeting from now on in place of any other; null: none. A former one is said goodbye to. */
  announce(meeting: Announced | null): void {
    if (this.#isClosed) return
    void this.#announcer.announce(meeting).then(() => this.#settle())
    this.#settle()
  }

  /** From now on, or no more, `onNearby` is told what changes. Answers those known now. */
  watch(isWatching: boolean): readonly NearbyMeeting[] {
    if (isWatching && !this.#isClosed) this.#browser.start()
    else this.#browser.stop()
    this.#settle()
    return this.nearby()
  }

  /** Those known now, in the order they were first heard of; empty while nobody watches. */
  nearby(): readonly NearbyMeeting[] {
    return this.#browser.list()
  }

  /** The network is another one: looks at the cards, announces and asks anew. */
  refresh(): void {
    this.#links.refresh()
    this.#announcer.restart()
    this.#browser.restart()
  }

  /** Whether an own question comes back by multicast, on one card at least. Takes 1 s when none does. */
  async checkMulticast(): Promise<boolean> {
    if (this.#isClosed) return false
    const { name, questions } = makeProbe()
    const returned = Promise.withResolvers<boolean>()
    this.#probes.set(name, { questions, onReturn: () => returned.resolve(true) })
    const timer = setTimeout(() => returned.resolve(false), PROBE_MS)
    this.#settle()
    this.#links.ask(questions)
    const isBack = await returned.promise
    clearTimeout(timer)
    this.#probes.delete(name)
    this.#settle()
    return isBack
  }

  /** Says goodbye, then lets go of all sockets. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#browser.stop()
    await this.#announcer.close()
    this.#links.close()
  }

  /** Sockets are there exactly while somebody needs them. */
  #settle(): void {
    const isNeeded = this.#announcer.isBusy || this.#browser.isWatching || this.#probes.size > 0
    if (isNeeded) this.#links.open()
    else this.#links.close()
  }

  #handleJoined(link: DiscoveryLink): void {
    this.#announcer.restart()
    this.#browser.restart()
    for (const { questions } of this.#probes.values()) link.ask(questions)
  }

  #handlePacket(link: DiscoveryLink, packet: MdnsPacket, sender: string): void {
    if (packet.type === 'response') this.#browser.handleResponse(packet, sender)
    else {
      const names = readQuestions(packet)
      for (const name of names) this.#probes.get(name)?.onReturn()
      this.#announcer.handleQuestion(link, names)
    }
  }
}
