import type { Cancel, Clock } from '../domain/clock.ts'
import type { Log } from '../log.ts'
import { chooseBitrate } from './bitrate-choice.ts'
import type { DevicePeer, IceCandidate, MediaEngine, MediaKind, MediaTrack, ViewerPeer } from './media-peer.ts'
import { Refused } from './refused.ts'
import type { RelayLimits } from './relay-limits.ts'
import { RelayedTrack } from './relayed-track.ts'
import { Seat, type Guest, type Negotiations } from './seat.ts'
import { Viewer } from './viewer-seat.ts'

/** `waiting`: for the device, for the first time or again. */
export type StreamState = 'waiting' | 'live' | 'ended'
/** Why a stream waits or has ended; those who watch are told. */
export type StreamReason = 'device-awaited' | 'device-gone' | 'device-absent' | 'stopped' | 'server-stopping'

interface LiveStreamOptions {
  readonly id: string
  readonly deviceId: string
  readonly engine: MediaEngine
  readonly negotiations: Negotiations
  readonly clock: Clock
  readonly limits: RelayLimits
  readonly log: Log
  readonly onEnd: (ended: Promise<void>) => void
}

/** How often the device is told what it may send, in ms. */
const BITRATE_MS = 1000

const isSame = (a: readonly MediaTrack[], b: readonly MediaTrack[]): boolean => JSON.stringify(a) === JSON.stringify(b)

interface Device {
  readonly guest: Guest
  readonly peer: DevicePeer
  readonly seat: Seat
}

/** One device's sound and picture, for all who watch. Ends by `stop`, or when the device stays away for too long. */
export class LiveStream {
  readonly id: string
  readonly deviceId: string
  readonly #options: LiveStreamOptions
  readonly #viewers = new Map<Guest, Viewer>()
  #device: Device | null = null
  #tracks: ReadonlyMap<MediaKind, RelayedTrack> = new Map()
  #state: StreamState = 'waiting'
  #reason: StreamReason | null = 'device-awaited'
  #cancelWait: Cancel | null = null
  #cancelBitrate: Cancel | null = null

  constructor(options: LiveStreamOptions) {
    this.#options = options
    this.id = options.id
    this.deviceId = options.deviceId
    this.#waitForDevice(options.limits.liveDeviceWaitMs)
  }

  /** What whoever joins or watches is told. */
  get view(): { sessionId: string; state: StreamState; reason?: StreamReason } {
    return { sessionId: this.id, state: this.#state, ...(this.#reason === null ? {} : { reason: this.#reason }) }
  }

  /** Throws `Refused` for any but the device that was named. The same device may come again: its former connection ends. */
  joinDevice(guest: Guest, deviceId: string): void {
    if (deviceId !== this.deviceId) throw new Refused(403, 'This stream is for another device.')
    const { engine } = this.#options
    const former = this.#device
    const peer: DevicePeer = engine.openDevice({
      connected: () => this.#deviceConnected(guest),
      gone: () => this.#seatOf(guest)?.gone(),
      packet: (kind, packet) => {
        if (this.#device?.peer === peer) this.#tracks.get(kind)?.take(packet)
      },
      clock: (kind, clock) => {
        if (this.#device?.peer === peer) this.#tracks.get(kind)?.takeClock(clock)
      },
    })
    const seat = this.#openSeat(guest, peer, (message) => this.#deviceLost(guest, message))
    this.#device = { guest, peer, seat }
    if (former !== null && former.guest !== guest) {
      void former.seat.close()
      former.guest.send('error', { message: 'The device has connected again from elsewhere.' })
      former.guest.released()
    }
  }

  joinViewer(guest: Guest): void {
    if (this.#viewers.size >= this.#options.limits.liveViewers)
      throw new Refused(503, 'The stream has no room for more viewers.')
    const viewer = new Viewer(guest)
    this.#viewers.set(guest, viewer)
    if (this.#state !== 'live') return
    try {
      this.#offerTo(viewer)
    } catch (refused) {
      this.#viewers.delete(guest)
      throw refused
    }
  }

  /** Rejects with `Refused`. */
  async answer(guest: Guest, sdp: string): Promise<void> {
    const seat = this.#seatOf(guest)
    if (seat === null) throw new Refused(409, 'There is no offer that waits for an answer.')
    await seat.answer(sdp)
  }

  /** Rejects with `Refused`. */
  async addCandidate(guest: Guest, candidate: IceCandidate | null): Promise<void> {
    const seat = this.#seatOf(guest)
    if (seat === null) throw new Refused(409, 'There is no offer yet.')
    await seat.addCandidate(candidate)
  }

  leave(guest: Guest): void {
    const viewer = this.#viewers.get(guest)
    if (viewer !== undefined) this.#removeViewer(viewer)
    else if (this.#device?.guest === guest) {
      void this.#device.seat.close()
      this.#deviceLost(guest, null)
    }
  }

  /** Ends it for all; resolves when every connection is closed. */
  stop(reason: StreamReason): Promise<void> {
    if (this.#state === 'ended') return Promise.resolve()
    this.#setState('ended', reason)
    this.#cancelWait?.()
    this.#cancelBitrate?.()
    for (const track of this.#tracks.values()) track.close()
    const guests = [...this.#viewers.keys(), ...(this.#device === null ? [] : [this.#device.guest])]
    const seats = [...this.#viewers.values(), ...(this.#device === null ? [] : [this.#device])].flatMap(
      ({ seat }) => seat ?? [],
    )
    this.#viewers.clear()
    this.#device = null
    for (const guest of guests) guest.released()
    const ended = Promise.all(seats.map((seat) => seat.close())).then(() => undefined)
    this.#options.onEnd(ended)
    return ended
  }

  #seatOf(guest: Guest): Seat | null {
    return this.#device?.guest === guest ? this.#device.seat : (this.#viewers.get(guest)?.seat ?? null)
  }

  #openSeat(guest: Guest, peer: DevicePeer | ViewerPeer, failed: (message: string) => void): Seat {
    const { negotiations, clock, limits, log } = this.#options
    return new Seat({ peer, guest, sessionId: this.id, negotiations, clock, limits, log, failed })
  }

  #deviceConnected(guest: Guest): void {
    if (this.#device?.guest !== guest) return
    const { peer, seat } = this.#device
    seat.connected()
    this.#cancelWait?.()
    const known = [...this.#tracks.values()].map(({ track }) => track)
    const isKnown = isSame(known, peer.tracks)
    if (!isKnown) this.#replaceTracks(peer.tracks)
    this.#setState('live', null)
    for (const track of this.#tracks.values()) track.switchSource()
    for (const viewer of this.#viewers.values()) {
      if (isKnown && viewer.seat !== null) continue
      this.#offerAgain(viewer)
    }
    this.#cancelBitrate?.()
    this.#tellBitrate()
  }

  #replaceTracks(tracks: readonly MediaTrack[]): void {
    const { clock, limits } = this.#options
    for (const track of this.#tracks.values()) track.close()
    this.#tracks = new Map(
      tracks.map((track) => [
        track.kind,
        new RelayedTrack({
          track,
          clock,
          limits,
          askForKeyFrame: () => this.#device?.peer.askForKeyFrame(),
          askAgain: (sequenceNumbers) => this.#device?.peer.askAgain(track.kind, sequenceNumbers),
        }),
      ]),
    )
  }

  /** With new tracks, viewers get a connection of their own for them: an offer that is none of the former connection. */
  #offerAgain(viewer: Viewer): void {
    void viewer.seat?.close()
    try {
      this.#offerTo(viewer)
    } catch (refused) {
      this.#removeViewer(viewer)
      viewer.guest.send('error', {
        message: refused instanceof Refused ? refused.message : 'The server made a mistake.',
      })
      viewer.guest.released()
    }
  }

  #offerTo(viewer: Viewer): void {
    const { engine, clock } = this.#options
    const tracks = [...this.#tracks.values()]
    const peer: ViewerPeer = engine.openViewer(
      tracks.map(({ track }) => track),
      {
        connected: () => {
          if (viewer.peer !== peer) return
          viewer.seat?.connected()
          for (const track of this.#tracks.values()) track.addViewer(peer)
        },
        gone: () => {
          if (viewer.peer === peer) viewer.seat?.gone()
        },
        keyFrameWanted: () => this.#tracks.get('video')?.wantKeyFrame(peer),
        packetsWanted: (kind, sequenceNumbers) => this.#tracks.get(kind)?.sendAgain(peer, sequenceNumbers),
        estimate: (bitsPerSecond) => viewer.setEstimate(bitsPerSecond, clock.now()),
      },
    )
    viewer.peer = peer
    viewer.seat = this.#openSeat(viewer.guest, peer, (message) => {
      this.#removeViewer(viewer)
      if (message !== '') viewer.guest.send('error', { message })
      viewer.guest.released()
    })
  }

  #removeViewer(viewer: Viewer): void {
    this.#viewers.delete(viewer.guest)
    if (viewer.peer !== null) for (const track of this.#tracks.values()) track.removeViewer(viewer.peer)
    void viewer.seat?.close()
  }

  #deviceLost(guest: Guest, message: string | null): void {
    if (this.#device?.guest !== guest || this.#state === 'ended') return
    this.#device = null
    this.#cancelBitrate?.()
    for (const track of this.#tracks.values()) track.pause()
    if (message !== null && message !== '') guest.send('error', { message })
    guest.released()
    const { liveDeviceAwayMs, liveDeviceWaitMs } = this.#options.limits
    if (this.#state === 'live') this.#setState('waiting', 'device-gone')
    this.#waitForDevice(this.#tracks.size === 0 ? liveDeviceWaitMs : liveDeviceAwayMs)
  }

  #waitForDevice(limitMs: number): void {
    this.#cancelWait?.()
    this.#cancelWait = this.#options.clock.schedule(
      limitMs,
      () => void this.stop(this.#tracks.size === 0 ? 'device-absent' : 'device-gone'),
    )
  }

  #tellBitrate(): void {
    const { clock, limits } = this.#options
    const estimates = [...this.#viewers.values()].flatMap((viewer) => viewer.estimateAt(clock.now()) ?? [])
    this.#device?.peer.limitBitrate(chooseBitrate(estimates, limits.liveBitrate))
    this.#cancelBitrate = clock.schedule(BITRATE_MS, () => this.#tellBitrate())
  }

  #setState(state: StreamState, reason: StreamReason | null): void {
    this.#state = state
    this.#reason = reason
    for (const guest of this.#viewers.keys()) guest.send('stream-state', this.view)
    this.#device?.guest.send('stream-state', this.view)
  }
}
