import { placesOf } from './discovery-cards.ts'
import type { LinkPlace } from './discovery-cards.ts'
import { PacketGuard } from './discovery-guard.ts'
import { DiscoveryLink } from './discovery-link.ts'
import type { MdnsPacket, MdnsQuestions } from './discovery-link.ts'
import type { Log } from './log.ts'
import type { Cards } from './network-addresses.ts'

/** How soon a card that came, or that failed, is tried. */
const LOOK_AGAIN_MS = 5000

export interface DiscoveryLinksOptions {
  readonly readCards: () => Cards
  readonly port: number
  readonly log: Log
  readonly onPacket: (link: DiscoveryLink, packet: MdnsPacket, sender: string) => void
  readonly onJoined: (link: DiscoveryLink) => void
}

/** The links of all cards there are. While open it follows cards that come and go, and tries failed ones again. */
export class DiscoveryLinks {
  readonly #options: DiscoveryLinksOptions
  readonly #links = new Map<string, DiscoveryLink>()
  readonly #guard = new PacketGuard()
  /** Problems that the log has: each is written once. */
  readonly #logged = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: DiscoveryLinksOptions) {
    this.#options = options
  }

  get all(): readonly DiscoveryLink[] {
    return [...this.#links.values()]
  }

  ask(questions: MdnsQuestions): void {
    for (const link of this.#links.values()) link.ask(questions)
  }

  open(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.refresh(), LOOK_AGAIN_MS)
    this.refresh()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  /** Brings the links in line with the cards of now; nothing while closed. */
  refresh(): void {
    if (this.#timer === undefined) return
    const places = new Map(this.#readPlaces().map((place) => [place.key, place]))
    for (const [key, link] of this.#links) {
      if (places.has(key) && !link.isBroken) continue
      link.close()
      this.#links.delete(key)
    }
    for (const [key, place] of places) if (!this.#links.has(key)) this.#links.set(key, this.#openLink(place))
  }

  #readPlaces(): readonly LinkPlace[] {
    try {
      return placesOf(this.#options.readCards())
    } catch (cause) {
      this.#logOnce(`The network cards cannot be read: ${cause instanceof Error ? cause.message : 'no reason given'}`)
      return this.all.map((link) => link.place)
    }
  }

  #openLink(place: LinkPlace): DiscoveryLink {
    const { port, onPacket, onJoined } = this.#options
    const link: DiscoveryLink = new DiscoveryLink(place, port, {
      // RFC 6762, section 11: what does not come from the same link is not looked at, nor (section 6) from another port.
      accepts: (message, sender) =>
        sender.port === port &&
        place.isOnLink(sender.address) &&
        this.#guard.accepts(message, sender.address, performance.now()),
      onPacket: (packet, sender) => onPacket(link, packet, sender),
      onJoined: () => onJoined(link),
      onProblem: ({ code, message }) =>
        this.#logOnce(`No discovery on ${place.card} (${place.family}) for now: ${code ?? message}`),
    })
    return link
  }

  #logOnce(line: string): void {
    if (this.#logged.has(line)) return
    this.#logged.add(line)
    this.#options.log.warn(line)
  }
}
