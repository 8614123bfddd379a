import {
  limits,
  type LeaveReason,
  type PeerId,
  type PeerInfo,
  type Presence,
  type Signal,
} from '#signalling/protocol.ts'
import type { Person, RoomPhrase } from './call-state.ts'
import type { HostWord } from './control-message.ts'
import { Emitter } from './emitter.ts'
import type { Log } from './log.ts'
import { ageOf, isConnected, Members, offererOf, type Member, type Standing } from './members.ts'
import { noMedia, type OwnMedia } from './own-media.ts'
import { PeerLink } from './peer-link.ts'
import { videoLimitsFor } from './sending-limits.ts'
import type { Installation } from './trust/installation.ts'
import { RoomTrust } from './trust/room-trust.ts'

/** Somebody whom the server does not know any more stays while their link is heard, and this long after. */
const UNKNOWN_SILENCE_MS = 5000
const LOOK_ROUND_MS = 500

/** A link to somebody in front of the room who is silent this long is given up: they looked, and went. */
const LOBBY_SILENCE_MS = 10_000
/** Links that come from in front of the room; each costs a connection here. Who comes later connects when they join. */
const MAX_LOBBY_LINKS = limits.roomCapacity
/** A link that is not there this long after it was begun may wait for somebody who never heard of it. */
const YOUNG_MS = 1000

interface RosterEvents {
  readonly changed: []
  readonly arrived: [string]
  readonly left: [string]
  /** Somebody inside says something about the computer that hosts. */
  readonly host: [PeerId, HostWord]
}

/** The room of a roster. */
export interface RosterRoom {
  /** `RoomView.code`. */
  readonly code: string
  /** Of the invitation, base64url; null when there was none. */
  readonly secret: string | null
}

export interface RosterOptions {
  readonly you: PeerId
  readonly room: RosterRoom
  readonly serverUrl: string
  readonly installation: Installation
  readonly configuration: RTCConfiguration
  readonly own: OwnMedia
  readonly isOnline: () => boolean
  /** Whether what leaves this computer goes through a VPN. */
  readonly hasVpn?: () => Promise<boolean>
  readonly send: (to: PeerId, signal: Signal) => void
  readonly log: Log
}

/**
 * The people of one room, each with the link to them. Being in the room is the server's word; being heard is the link's.
 * Somebody goes when both say so, or when they themselves do.
 *
 * Links connect while we, or they, are still in front of the room, and carry nothing until both are inside. Nor do they carry
 * our sound and picture while somebody may be in the middle (`Person.trust` is `intercepted`); there is no way around that.
 */
export class Roster {
  readonly #options: RosterOptions
  readonly #events = new Emitter<RosterEvents>()
  readonly #members = new Members()
  readonly #trust: RoomTrust
  readonly #timer: ReturnType<typeof setInterval>
  #configuration: RTCConfiguration
  #own: OwnMedia
  #you: PeerId
  #serverUrl: string
  #isInside = false
  /** Between `enter` and the server's answer: offering again would only be work for both sides. */
  #areOffersOnTheirWay = false

  constructor(options: RosterOptions) {
    this.#options = options
    this.#configuration = options.configuration
    this.#own = options.own
    this.#you = options.you
    this.#serverUrl = options.serverUrl
    const { room, installation, log } = options
    this.#trust = new RoomTrust({ ...room, installation, log })
    this.#trust.on('changed', () => {
      this.#events.emit('changed')
    })
    this.#timer = setInterval(() => {
      this.#dropSilentUnknown()
    }, LOOK_ROUND_MS)
  }

  on<Name extends keyof RosterEvents>(name: Name, listener: (...args: RosterEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /** In the order they came. The same array until something changes. */
  get people(): readonly Person[] {
    return this.#members.people
  }

  /** Of those who are inside; `none` in front of the room. */
  get phrase(): RoomPhrase {
    return this.#isInside ? this.#trust.phrase : { phase: 'none' }
  }

  /** All who are here compared the words aloud: they are known from now on. Nothing happens while there are none. */
  confirmPhrase(): void {
    if (this.#isInside) this.#trust.confirmPhrase()
  }

  /**
   * In front of the room: connects to everyone inside, without sound and picture. Not to the clients of other systems:
   * those take no signals from here.
   */
  prepare(inside: readonly PeerInfo[]): void {
    const ofOurKind = inside.filter((peer) => offererOf(peer) === 'either')
    for (const id of this.#members.keys()) if (!ofOurKind.some((peer) => peer.id === id)) this.#remove(id)
    for (const peer of ofOurKind) {
      const known = this.#members.get(peer.id)
      if (!known) this.#add(peer, 'inside').offer()
      else if (known.isAway !== (peer.presence === 'away')) this.setPresence(peer.id, peer.presence)
    }
    this.#onChange()
  }

  /** We go in, and the server is about to say so: everyone inside may see and hear us. */
  enter(): void {
    this.#isInside = true
    this.#areOffersOnTheirWay = true
    for (const [id, member] of this.#members.entries()) {
      const { name, isAway } = member
      if (isConnected(member) || ageOf(member) < YOUNG_MS) this.#open(member)
      else {
        this.#remove(id)
        this.#add({ id, name, presence: isAway ? 'away' : 'present' }, 'inside').offer()
      }
    }
  }

  /** We are inside as `you`, and the server says who else is: newcomers make the offers. */
  settle(you: PeerId, inside: readonly PeerInfo[]): void {
    const formerly = this.#you
    this.#you = you
    this.#isInside = true
    const wereOffersSent = this.#areOffersOnTheirWay
    this.#areOffersOnTheirWay = false
    const others = inside.filter(({ id }) => id !== you)
    for (const [id, member] of this.#members.entries()) {
      const peer = others.find((other) => other.id === id)
      const isNewToThem = formerly !== you && member.offerer !== 'either'
      if (isNewToThem) this.#remove(id)
      else if (!peer && member.standing !== 'lobby' && member.link.silentMs > UNKNOWN_SILENCE_MS) this.#remove(id)
      else if (peer) this.#seat(peer, member)
      else if (member.standing === 'inside') this.#members.change(id, { standing: 'unlisted', isAway: true })
      if (formerly !== you) member.link.tell({ kind: 'moved', to: you })
    }
    for (const peer of others) {
      const link = this.#members.get(peer.id)?.link
      if (!link) this.#add(peer, 'inside').offer()
      else if (!wereOffersSent) link.flush()
    }
    this.#onChange()
  }

  /** Somebody came in: they made the offer, or are about to, unless the server says that it is for us to make. */
  admit(peer: PeerInfo): void {
    const known = this.#members.get(peer.id)
    if (known) this.#seat(peer, known)
    else if (peer.offer === 'you') this.#add(peer, 'inside').offer()
    else this.#add(peer, 'inside').awaitOffer()
    const isNew = known === undefined || known.standing === 'lobby'
    if (isNew && !this.#members.isHidden(peer.id)) this.#events.emit('arrived', peer.name)
    this.#onChange()
  }

  /** The server let somebody go. Whoever only lost the server stays while they are heard. */
  release(id: PeerId, reason: LeaveReason): void {
    const member = this.#members.get(id)
    if (!member) return
    if (reason !== 'timed-out' || member.link.silentMs > UNKNOWN_SILENCE_MS) this.#bidFarewell(id)
    else this.#members.change(id, { standing: 'unlisted', isAway: true })
  }

  /** Tells somebody inside over the link to them. False when it can not go out now. */
  tell(id: PeerId, word: HostWord): boolean {
    return this.#maySpeak(id) && this.#members.get(id)?.link.tell(word) === true
  }

  /** Time since anything of them arrived over the link; infinite before the first time, and for whoever has none. */
  silentMs(id: PeerId): number {
    return this.#members.get(id)?.link.silentMs ?? Infinity
  }

  handleSignal(from: PeerId, signal: Signal): void {
    const link = this.#members.get(from)?.link ?? this.#meetInLobby(from, signal)
    link?.handleSignal(signal)
  }

  /** The server lost somebody, or has them back: then says again what may not have arrived. */
  setPresence(id: PeerId, presence: Presence): void {
    const member = this.#members.get(id)
    if (!member) return
    this.#members.change(id, { isAway: presence === 'away' })
    if (presence === 'present') member.link.flush()
  }

  check(): void {
    for (const { link } of this.#members.values()) link.check()
  }

  setMedia(own: OwnMedia): void {
    this.#own = own
    for (const member of this.#members.values()) if (this.#maySee(member.standing)) this.#give(member)
  }

  /** The room goes on at another server: paths through its relay are the host's. */
  setServerUrl(serverUrl: string): void {
    this.#serverUrl = serverUrl
  }

  setIceServers(iceServers: RTCIceServer[]): void {
    this.#configuration = { ...this.#configuration, iceServers }
    for (const { link } of this.#members.values()) link.setIceServers(iceServers)
  }

  /** Says goodbye to everyone. */
  leave(): void {
    for (const { link } of this.#members.values()) link.leave()
    this.close()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#trust.close()
    for (const { link } of this.#members.values()) link.close()
    this.#members.clear()
  }

  /** Somebody whom the server lets say something to us without being inside: only an offer of a new link counts. */
  #meetInLobby(id: PeerId, signal: Signal): PeerLink | null {
    if (!this.#isInside || signal.kind !== 'description' || signal.type !== 'offer') return null
    if (this.#members.inLobby >= MAX_LOBBY_LINKS) return null
    return this.#add({ id, name: '', presence: 'present' }, 'lobby')
  }

  #seat({ id, name, presence }: PeerInfo, member: Member): void {
    this.#members.change(id, { name, standing: 'inside', isAway: presence !== 'present' })
    if (member.standing !== 'lobby') return
    this.#open(member)
    this.#limitVideo()
  }

  /** We are both inside. */
  #open(member: Member): void {
    this.#give(member)
    member.trust.introduce()
  }

  #give({ link, trust }: Member): void {
    link.setMedia(trust.isHeldBack ? noMedia : this.#own)
  }

  #maySee(standing: Standing): boolean {
    return this.#isInside && standing !== 'lobby'
  }

  #add(peer: PeerInfo, standing: Standing): PeerLink {
    const { id, name, presence } = peer
    const offerer = offererOf(peer)
    const { isOnline, hasVpn, send, log } = this.#options
    const link = new PeerLink({
      configuration: this.#configuration,
      serverUrl: () => this.#serverUrl,
      ...(hasVpn && { hasVpn }),
      own: this.#maySee(standing) ? this.#own : null,
      log: (level, message) => {
        log(level, `${id.slice(0, 4)}: ${message}`)
      },
      // Other systems can seldom take an own offer back.
      isPolite: offerer === 'either' && this.#you > id,
      offerer,
      videoLimits: videoLimitsFor(this.#members.seated + 1),
      canSend: () => isOnline() && this.#members.get(id)?.isAway === false,
      send: (signal) => {
        send(id, signal)
      },
    })
    const sinceMs = performance.now()
    const trust = this.#trust.follow(link, offerer === 'either')
    const isAway = presence === 'away'
    this.#members.set(id, { name, link, trust, standing, sinceMs, isAway, offerer, movedTo: null })
    if (this.#maySee(standing)) trust.introduce()
    trust.on('changed', () => {
      this.#onTrust(id)
    })
    link.on('changed', () => {
      this.#onChange()
    })
    link.on('bye', () => {
      this.#bidFarewell(id)
    })
    link.on('host', (word) => {
      if (this.#maySpeak(id)) this.#events.emit('host', id, word)
    })
    link.on('moved', (to) => {
      this.#onMoved(id, to)
    })
    this.#limitVideo()
    return link
  }

  /** Whether somebody is inside, and nobody in between. */
  #maySpeak(id: PeerId): boolean {
    const member = this.#members.get(id)
    return member !== undefined && this.#maySee(member.standing) && !member.trust.isHeldBack
  }

  #remove(id: PeerId): void {
    const member = this.#members.get(id)
    if (member) this.#trust.forget(member.trust)
    member?.link.close()
    this.#members.delete(id)
    this.#limitVideo()
  }

  #bidFarewell(id: PeerId): void {
    const member = this.#members.get(id)
    if (!member) return
    this.#remove(id)
    if (member.movedTo === null && member.standing !== 'lobby') this.#events.emit('left', member.name)
    this.#onChange()
  }

  #onMoved(id: PeerId, movedTo: PeerId): void {
    const member = this.#members.get(id)
    if (!member || movedTo === id || member.standing === 'lobby') return
    this.#members.change(id, { movedTo })
    this.#onChange()
  }

  #onTrust(id: PeerId): void {
    const member = this.#members.get(id)
    if (member && this.#maySee(member.standing)) this.#give(member)
    this.#onChange()
  }

  #dropSilentUnknown(): void {
    for (const [id, { standing, link, sinceMs }] of this.#members.entries()) {
      const isGone = standing === 'unlisted' && link.silentMs > UNKNOWN_SILENCE_MS
      const isLobbyGone = standing === 'lobby' && Math.min(link.silentMs, ageOf({ sinceMs })) > LOBBY_SILENCE_MS
      if (isGone || isLobbyGone) this.#bidFarewell(id)
    }
  }

  #limitVideo(): void {
    const videoLimits = videoLimitsFor(this.#members.seated)
    for (const { link } of this.#members.values()) link.setVideoLimits(videoLimits)
  }

  #onChange(): void {
    for (const id of this.#members.succeeded()) this.#remove(id)
    this.#members.forgetPeople()
    this.#trust.setPeople(this.#isInside ? this.#members.ofOurKind : [])
    this.#events.emit('changed')
  }
}
