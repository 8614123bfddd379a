import type { Clock } from '../domain/clock.ts'
import { TokenBucket } from '../domain/rate-limit.ts'
import { startsKeyFrame } from './key-frame.ts'
import { KeyFrameRequests } from './key-frame-requests.ts'
import type { MediaPacket, MediaTrack, SenderClock, ViewerPeer } from './media-peer.ts'
import { MissingPackets } from './missing-packets.ts'
import { PacketBuffer } from './packet-buffer.ts'
import type { RelayLimits } from './relay-limits.ts'
import { Timeline } from './timeline.ts'

interface RelayedTrackOptions {
  readonly track: MediaTrack
  readonly clock: Clock
  readonly limits: RelayLimits
  /** To the device, if there is one now. */
  readonly askForKeyFrame: () => void
  readonly askAgain: (sequenceNumbers: readonly number[]) => void
}

interface Receiver {
  /** A viewer is sent nothing that its decoder cannot begin with. */
  hasBegun: boolean
  readonly resends: TokenBucket
}

/** One track on its way from the device to every viewer; packets are passed on as they are. */
export class RelayedTrack {
  readonly track: MediaTrack
  readonly #clock: Clock
  readonly #limits: RelayLimits
  readonly #timeline: Timeline
  readonly #buffer: PacketBuffer
  readonly #missing: MissingPackets
  readonly #keyFrames: KeyFrameRequests
  readonly #receivers = new Map<ViewerPeer, Receiver>()
  /** After a change of source, pieces of pictures that nobody can show yet are held back. */
  #awaitsKeyFrame = true

  constructor({ track, clock, limits, askForKeyFrame, askAgain }: RelayedTrackOptions) {
    this.track = track
    this.#clock = clock
    this.#limits = limits
    this.#timeline = new Timeline(track.kind === 'video' ? 90_000 : 48_000)
    this.#buffer = new PacketBuffer(limits.liveBufferPackets)
    this.#missing = new MissingPackets({ clock, ask: askAgain, giveUp: () => this.#keyFrames.want(null) })
    this.#keyFrames = new KeyFrameRequests({
      clock,
      ask: askForKeyFrame,
      intervalMs: limits.liveKeyFrameMs,
      viewerIntervalMs: limits.liveViewerKeyFrameMs,
    })
  }

  /** The device has come, or has come back; what it sends counts from somewhere else. */
  switchSource(): void {
    this.#timeline.switchSource()
    this.#missing.restart()
    this.#awaitsKeyFrame = true
    this.#wantKeyFrame(null)
  }

  addViewer(viewer: ViewerPeer): void {
    const resends = new TokenBucket(this.#limits.liveResendRate, this.#clock.now())
    this.#receivers.set(viewer, { hasBegun: false, resends })
    this.#wantKeyFrame(viewer)
  }

  removeViewer(viewer: ViewerPeer): void {
    this.#receivers.delete(viewer)
  }

  wantKeyFrame(viewer: ViewerPeer): void {
    if (this.#receivers.has(viewer)) this.#wantKeyFrame(viewer)
  }

  take(packet: MediaPacket): void {
    const isVideo = this.track.kind === 'video'
    if (isVideo && !this.#missing.take(packet.sequenceNumber)) return
    const isBeginning = startsKeyFrame(this.track.codec, packet.payload)
    if (this.#awaitsKeyFrame && !isBeginning) return
    this.#awaitsKeyFrame = false
    if (isBeginning) this.#keyFrames.arrived()
    const placed = this.#timeline.place(packet, this.#clock.now())
    if (placed === null) return
    if (isVideo) this.#buffer.put(placed)
    for (const [viewer, receiver] of this.#receivers) {
      receiver.hasBegun ||= isBeginning
      if (receiver.hasBegun) viewer.send(this.track.kind, placed)
    }
  }

  takeClock(clock: SenderClock): void {
    const placed = this.#timeline.placeClock(clock)
    if (placed === null) return
    for (const viewer of this.#receivers.keys()) viewer.tellClock(this.track.kind, placed)
  }

  /** Answers a viewer's loss from the buffer, as far as its rate goes. */
  sendAgain(viewer: ViewerPeer, sequenceNumbers: readonly number[]): void {
    const receiver = this.#receivers.get(viewer)
    if (receiver === undefined || this.track.kind !== 'video') return
    for (const sequenceNumber of sequenceNumbers) {
      const packet = this.#buffer.get(sequenceNumber)
      if (packet === null) continue
      if (receiver.resends.take(this.#clock.now()) !== 'allowed') return
      viewer.sendAgain(this.track.kind, packet)
    }
  }

  /** The device is gone, for now: nothing is asked of it. */
  pause(): void {
    this.#missing.close()
    this.#keyFrames.close()
  }

  close(): void {
    this.pause()
    this.#receivers.clear()
  }

  #wantKeyFrame(viewer: ViewerPeer | null): void {
    if (this.track.kind === 'video') this.#keyFrames.want(viewer)
  }
}
