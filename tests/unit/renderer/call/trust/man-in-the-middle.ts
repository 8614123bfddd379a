import { onTestFinished } from 'vitest'
import type { PeerId, Signal } from '#signalling/protocol.ts'
import type { TrustWord } from '#renderer/call/control-message.ts'
import { makeCertificate } from '#renderer/call/link-configuration.ts'
import { PeerLink } from '#renderer/call/peer-link.ts'
import { videoLimitsFor } from '#renderer/call/sending-limits.ts'
import { silence } from '../link-pair.ts'
import type { FakeRoom, Page } from './fake-room.ts'

/** What the one in the middle does with what one victim says about trust: answers what the other, and the speaker, hear. */
interface Tampering {
  (word: TrustWord): { readonly on?: readonly TrustWord[]; readonly back?: readonly TrustWord[] }
}

export const relaying: Tampering = (word) => ({ on: [word] })
export const reflecting: Tampering = (word) => ({ back: [word] })
export const dropping: Tampering = () => ({})

/**
 * A server that puts itself between two people: to each it is the other one, with real connections and certificates of its own,
 * so that the descriptions each gets name its fingerprints. What is said over one of them it brings over the other.
 */
export class ManInTheMiddle {
  readonly heard: TrustWord[] = []
  readonly #room: FakeRoom
  readonly #certificate: RTCCertificate
  readonly #links = new Map<PeerId, PeerLink>()
  readonly #waiting = new Map<PeerLink, TrustWord[]>()
  #tampering: Tampering

  private constructor(room: FakeRoom, certificate: RTCCertificate, tampering: Tampering) {
    this.#room = room
    this.#certificate = certificate
    this.#tampering = tampering
  }

  /** Between these two and nobody else; from now on. */
  static async between(room: FakeRoom, one: () => PeerId, other: () => PeerId, tampering: Tampering) {
    const middle = new ManInTheMiddle(room, await makeCertificate(), tampering)
    room.intercept = (from, to, signal) => {
      const isTheirs = [one(), other()].every((id) => id === from || id === to)
      if (isTheirs) middle.#take(from, to, signal)
      return isTheirs
    }
    return middle
  }

  tamper(tampering: Tampering): void {
    this.#tampering = tampering
  }

  /** How it sees a victim. */
  viewOf(victim: Page) {
    return this.#links.get(victim.id)?.view
  }

  #take(from: PeerId, to: PeerId, signal: Signal): void {
    if (!this.#links.has(from)) this.#links.set(from, this.#open(from, to))
    if (!this.#links.has(to)) {
      const link = this.#open(to, from)
      this.#links.set(to, link)
      link.offer()
    }
    setTimeout(() => this.#links.get(from)?.handleSignal(signal))
  }

  #tell(link: PeerLink, word: TrustWord): void {
    if (!link.tell(word)) this.#waiting.set(link, [...(this.#waiting.get(link) ?? []), word])
  }

  /** Towards `victim`, as `posed`. */
  #open(victim: PeerId, posed: PeerId): PeerLink {
    const link = new PeerLink({
      configuration: { iceServers: [], certificates: [this.#certificate] },
      isPolite: posed > victim,
      offerer: 'either',
      own: silence,
      videoLimits: videoLimitsFor(1),
      canSend: () => true,
      send: (signal) => {
        const copy = JSON.parse(JSON.stringify(signal)) as Signal
        setTimeout(() => this.#room.pages.find(({ id }) => id === victim)?.roster.handleSignal(posed, copy))
      },
      log: () => undefined,
    })
    link.on('trust', (word) => {
      this.heard.push(word)
      const { on = [], back = [] } = this.#tampering(word)
      for (const each of on) this.#tell(this.#links.get(posed)!, each)
      for (const each of back) this.#tell(link, each)
    })
    link.on('open', () => {
      for (const word of this.#waiting.get(link) ?? []) link.tell(word)
    })
    link.awaitOffer()
    onTestFinished(() => {
      link.close()
    })
    return link
  }
}
