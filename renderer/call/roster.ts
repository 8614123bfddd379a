import type { LeaveReason, PeerId, PeerInfo, Presence, Signal } from '#signalling/protocol.ts'
import type { Person } from './call-state.ts'
import { Emitter } from './emitter.ts'
import type { Log } from './log.ts'
import type { OwnMedia } from './own-media.ts'
import { PeerLink } from './peer-link.ts'
import { videoLimitsFor } from './sending-limits.ts'

/** Somebody whom the server does not know any more stays while their link is heard, and this long after. */
const UNKNOWN_SILENCE_MS = 5000
const LOOK_ROUND_MS = 500

interface Member {
  readonly name: string
  readonly link: PeerLink
  /** Whether the server says that they are in the room. */
  readonly isInRoom: boolean
  /** Lost the server, so it brings them no signal now. */
  readonly isAway: boolean
  /** The id under which they said they came back: two links, one person. */
  readonly movedTo: PeerId | null
}

interface RosterEvents {
  readonly changed: []
  readonly arrived: [string]
  readonly left: [string]
}

export interface RosterOptions {
  readonly you: PeerId
  readonly configuration: RTCConfiguration
  readonly own: OwnMedia
  readonly isOnline: () => boolean
  readonly send: (to: PeerId, signal: Signal) => void
  readonly log: Log
}

/**
 * The people of one room, each with the link to them. Being in the room is the server's word; being heard is the link's.
 * Somebody goes when both say so, or when they themselves do.
 */
export class Roster {
  readonly #options: RosterOptions
  readonly #events = new Emitter<RosterEvents>()
  readonly #members = new Map<PeerId, Member>()
  readonly #timer: ReturnType<typeof setInterval>
  #own: OwnMedia
  #you: PeerId
  /** Between `offerToAll` and the server's answer: offering again would only be work for both sides. */
  #areOffersOnTheirWay = false
  #people: readonly Person[] | null = null

  constructor(options: RosterOptions) {
    this.#options = options
    this.#own = options.own
    this.#you = options.you
    this.#timer = setInterval(() => {
      this.#dropSilentUnknown()
    }, LOOK_ROUND_MS)
  }

  on<Name extends keyof RosterEvents>(name: Name, listener: (...args: RosterEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /** In the order they came. The same array until something changes. */
  get people(): readonly Person[] {
    this.#people ??= [...this.#members]
      .filter(([id]) => !this.#isHidden(id))
      .map(([id, member]) => toPerson(id, member))
    return this.#people
  }

  /** In front of the room: gets a link ready for everyone inside, and tells nobody. */
  prepare(inside: readonly PeerInfo[]): void {
    for (const id of this.#members.keys()) if (!inside.some((peer) => peer.id === id)) this.#remove(id)
    for (const peer of inside) if (!this.#members.has(peer.id)) this.#add(peer).prepare()
    this.#onChange()
  }

  /** Starts all prepared links. */
  offerToAll(): void {
    this.#areOffersOnTheirWay = true
    for (const { link } of this.#members.values()) link.offer()
  }

  /** We are inside as `you`, and the server says who else is: newcomers make the offers. */
  settle(you: PeerId, inside: readonly PeerInfo[]): void {
    const formerly = this.#you
    this.#you = you
    const wereOffersSent = this.#areOffersOnTheirWay
    this.#areOffersOnTheirWay = false
    const others = inside.filter(({ id }) => id !== you)
    for (const [id, member] of this.#members) {
      const peer = others.find((other) => other.id === id)
      if (!peer && member.link.silentMs > UNKNOWN_SILENCE_MS) this.#remove(id)
      else this.#members.set(id, { ...member, isInRoom: peer !== undefined, isAway: peer?.presence !== 'present' })
      if (formerly !== you) member.link.tell({ kind: 'moved', to: you })
    }
    for (const peer of others) {
      const link = this.#members.get(peer.id)?.link
      if (!link) this.#add(peer).offer()
      else if (!wereOffersSent) link.flush()
    }
    this.#onChange()
  }

  /** Somebody came in: they make the offer. */
  admit(peer: PeerInfo): void {
    const known = this.#members.get(peer.id)
    if (known) this.#members.set(peer.id, { ...known, isInRoom: true, isAway: false })
    else {
      this.#add(peer).awaitOffer()
      if (!this.#isHidden(peer.id)) this.#events.emit('arrived', peer.name)
    }
    this.#onChange()
  }

  /** The server let somebody go. Whoever only lost the server stays while they are heard. */
  release(id: PeerId, reason: LeaveReason): void {
    const member = this.#members.get(id)
    if (!member) return
    if (reason === 'left' || member.link.silentMs > UNKNOWN_SILENCE_MS) this.#bidFarewell(id)
    else this.#members.set(id, { ...member, isInRoom: false, isAway: true })
  }

  handleSignal(from: PeerId, signal: Signal): void {
    this.#members.get(from)?.link.handleSignal(signal)
  }

  /** The server lost somebody, or has them back: then says again what may not have arrived. */
  setPresence(id: PeerId, presence: Presence): void {
    const member = this.#members.get(id)
    if (!member) return
    this.#members.set(id, { ...member, isAway: presence === 'away' })
    if (presence === 'present') member.link.flush()
  }

  check(): void {
    for (const { link } of this.#members.values()) link.check()
  }

  setMedia(own: OwnMedia): void {
    this.#own = own
    for (const { link } of this.#members.values()) link.setMedia(own)
  }

  /** Says goodbye to everyone. */
  leave(): void {
    for (const { link } of this.#members.values()) link.leave()
    this.close()
  }

  close(): void {
    clearInterval(this.#timer)
    for (const { link } of this.#members.values()) link.close()
    this.#members.clear()
  }

  #add(peer: PeerInfo): PeerLink {
    const { configuration, isOnline, send, log } = this.#options
    const { id, name, presence } = peer
    const link = new PeerLink({
      configuration,
      own: this.#own,
      log: (level, message) => {
        log(level, `${id.slice(0, 4)}: ${message}`)
      },
      isPolite: this.#you > id,
      videoLimits: videoLimitsFor(this.#members.size + 1),
      canSend: () => isOnline() && this.#members.get(id)?.isAway === false,
      send: (signal) => {
        send(id, signal)
      },
    })
    this.#members.set(id, { name, link, isInRoom: true, isAway: presence === 'away', movedTo: null })
    link.on('changed', () => {
      this.#onChange()
    })
    link.on('bye', () => {
      this.#bidFarewell(id)
    })
    link.on('moved', (to) => {
      this.#onMoved(id, to)
    })
    this.#limitVideo()
    return link
  }

  #remove(id: PeerId): void {
    this.#members.get(id)?.link.close()
    this.#members.delete(id)
    this.#limitVideo()
  }

  #bidFarewell(id: PeerId): void {
    const member = this.#members.get(id)
    if (!member) return
    this.#remove(id)
    if (member.movedTo === null) this.#events.emit('left', member.name)
    this.#onChange()
  }

  #onMoved(id: PeerId, movedTo: PeerId): void {
    const member = this.#members.get(id)
    if (!member || movedTo === id) return
    this.#members.set(id, { ...member, movedTo })
    this.#onChange()
  }

  #dropSilentUnknown(): void {
    for (const [id, { isInRoom, link }] of this.#members)
      if (!isInRoom && link.silentMs > UNKNOWN_SILENCE_MS) this.#bidFarewell(id)
  }

  /** A person who came back under another id is shown by the former link until the new one is there. */
  #isHidden(id: PeerId): boolean {
    const newcomer = this.#members.get(id)
    if (!newcomer || isConnected(newcomer)) return false
    const isFormer = (member: Member) =>
      !member.isInRoom && isConnected(member) && (member.movedTo === id || member.name === newcomer.name)
    return [...this.#members.values()].some(isFormer)
  }

  #limitVideo(): void {
    const limits = videoLimitsFor(this.#members.size)
    for (const { link } of this.#members.values()) link.setVideoLimits(limits)
  }

  #onChange(): void {
    for (const [id, { movedTo }] of this.#members) {
      const successor = movedTo === null ? undefined : this.#members.get(movedTo)
      if (successor && isConnected(successor)) this.#remove(id)
    }
    this.#people = null
    this.#events.emit('changed')
  }
}

const isConnected = ({ link }: Member): boolean => link.view.phase === 'connected'

const toPerson = (id: PeerId, { name, link }: Member): Person => {
  const { phase, microphoneOn, cameraOn, stream, quality } = link.view
  return { id, name, link: phase, microphoneOn, cameraOn, stream, quality }
}
