import {
  GenericNack,
  MediaStream,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RtcpPayloadSpecificFeedback,
  RtcpSenderInfo,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  RtpHeader,
  type RTCDtlsTransport,
  type RtcpPacket,
  type RTCRtpTransceiver,
} from 'werift'
import type {
  IceCandidate,
  MediaKind,
  MediaPacket,
  MediaTrack,
  SenderClock,
  ViewerEvents,
  ViewerPeer,
} from './media-peer.ts'
import { addSequence } from './sequence.ts'
import { ORIENTATION, SEND_TIME, viewerCodecs, viewerExtensions } from './werift-codecs.ts'
import { WeriftConnection, type WeriftOptions } from './werift-connection.ts'

/** NTP's seconds in 6 and 18 bits (the extension abs-send-time of WebRTC). */
const sendTime = (nowMs: number): Buffer => {
  const time = Buffer.alloc(3)
  time.writeUIntBE(Math.floor((nowMs % 64_000) * 262.144), 0, 3)
  return time
}

/**
 * What goes out of one kind. Packets go straight to werift's encryption, past its RTCRtpSender, which copies each packet
 * and keeps 128 of them for every viewer.
 */
class Outgoing {
  readonly #transport: RTCDtlsTransport
  readonly #header: RtpHeader
  /** Null when the viewer takes no retransmissions in a stream of their own (RFC 4588). */
  readonly #rtx: RtpHeader | null
  readonly #orientationId: number | undefined
  readonly #sendTimeId: number | undefined
  #packets = 0
  #octets = 0

  constructor({ sender, codecs, headerExtensions }: RTCRtpTransceiver) {
    const payloadType = codecs.find(({ name }) => name.toLowerCase() !== 'rtx')?.payloadType ?? 0
    const rtx = codecs.find((codec) => codec.name.toLowerCase() === 'rtx' && codec.parameters === `apt=${payloadType}`)
    this.#transport = sender.dtlsTransport
    this.#header = new RtpHeader({ ssrc: sender.ssrc, payloadType })
    this.#rtx = rtx === undefined ? null : new RtpHeader({ ssrc: sender.rtxSsrc, payloadType: rtx.payloadType })
    this.#orientationId = headerExtensions.find(({ uri }) => uri === ORIENTATION)?.id
    // A packet that goes out twice under one number must be the same both times (RFC 3711, section 9.1).
    this.#sendTimeId = this.#rtx === null ? undefined : headerExtensions.find(({ uri }) => uri === SEND_TIME)?.id
  }

  send(packet: MediaPacket): void {
    this.#packets += 1
    this.#octets += packet.payload.length
    this.#header.sequenceNumber = packet.sequenceNumber
    this.#write(this.#header, packet, packet.payload)
  }

  sendAgain(packet: MediaPacket): void {
    if (this.#rtx === null) {
      // Not one from before the wrap of the numbers: werift's SRTP would lose count of the rounds.
      if (packet.sequenceNumber > this.#header.sequenceNumber) return
      const last = this.#header.sequenceNumber
      this.send(packet)
      this.#header.sequenceNumber = last
      return
    }
    const payload = Buffer.allocUnsafe(2 + packet.payload.length)
    payload.writeUInt16BE(packet.sequenceNumber, 0)
    packet.payload.copy(payload, 2)
    this.#rtx.sequenceNumber = addSequence(this.#rtx.sequenceNumber, 1)
    this.#write(this.#rtx, packet, payload)
  }

  tellClock({ ntp, timestamp }: SenderClock): void {
    if (this.#transport.state !== 'connected' || this.#packets === 0) return
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp: ntp,
      rtpTimestamp: timestamp,
      packetCount: this.#packets >>> 0,
      octetCount: this.#octets >>> 0,
    })
    // The next report makes up for a lost one.
    void this.#transport.sendRtcp([new RtcpSrPacket({ ssrc: this.#header.ssrc, senderInfo })]).catch(() => undefined)
  }

  #write(header: RtpHeader, { timestamp, marker, orientation }: MediaPacket, payload: Buffer): void {
    if (this.#transport.state !== 'connected') return
    header.timestamp = timestamp
    header.marker = marker
    header.extensions = []
    header.extension = false
    if (orientation !== null && this.#orientationId !== undefined)
      header.extensions.push({ id: this.#orientationId, payload: orientation })
    if (this.#sendTimeId !== undefined) header.extensions.push({ id: this.#sendTimeId, payload: sendTime(Date.now()) })
    // Encrypts before it returns, so that the header can be used again; answers its own faults with 0.
    void this.#transport.sendRtp(payload, header)
  }
}

export class WeriftViewer implements ViewerPeer {
  readonly #connection: WeriftConnection
  readonly #events: ViewerEvents
  readonly #transceivers: ReadonlyMap<MediaKind, RTCRtpTransceiver>
  readonly #outgoing = new Map<MediaKind, Outgoing>()

  constructor(tracks: readonly MediaTrack[], events: ViewerEvents, { iceServers, log }: WeriftOptions) {
    this.#events = events
    const codecs = viewerCodecs(tracks)
    const videoExtensions = viewerExtensions()
    this.#connection = new WeriftConnection({ codecs, videoExtensions, iceServers, events, log })
    const { pc } = this.#connection
    // One stream for both, so that browsers keep them in step and find it in `event.streams[0]`.
    const streams = [new MediaStream({ id: 'live', tracks: [] })]
    this.#transceivers = new Map(
      tracks.map(({ kind }) => [kind, pc.addTransceiver(kind, { direction: 'sendonly', streams })]),
    )
  }

  readonly offer = () => this.#connection.offer()
  readonly addCandidate = (candidate: IceCandidate | null) => this.#connection.addCandidate(candidate)
  readonly close = () => this.#connection.close()

  readonly accept = async (answer: string): Promise<void> => {
    await this.#connection.accept(answer)
    for (const [kind, transceiver] of this.#transceivers) {
      if (transceiver.currentDirection !== 'sendonly' && transceiver.currentDirection !== 'sendrecv') continue
      this.#outgoing.set(kind, new Outgoing(transceiver))
      transceiver.sender.onRtcp.subscribe((rtcp) => this.#connection.contain(() => this.#takeFeedback(kind, rtcp)))
    }
    if (this.#outgoing.size === 0) throw new Error('the viewer takes neither sound nor picture')
  }

  readonly send = (kind: MediaKind, packet: MediaPacket): void => this.#outgoing.get(kind)?.send(packet)
  readonly sendAgain = (kind: MediaKind, packet: MediaPacket): void => this.#outgoing.get(kind)?.sendAgain(packet)
  readonly tellClock = (kind: MediaKind, clock: SenderClock): void => this.#outgoing.get(kind)?.tellClock(clock)

  #takeFeedback(kind: MediaKind, rtcp: RtcpPacket): void {
    if (!(rtcp instanceof RtcpPayloadSpecificFeedback || rtcp instanceof RtcpTransportLayerFeedback)) return
    const { feedback } = rtcp
    if (feedback instanceof PictureLossIndication) this.#events.keyFrameWanted()
    else if (feedback instanceof ReceiverEstimatedMaxBitrate) this.#events.estimate(Number(feedback.bitrate))
    else if (feedback instanceof GenericNack)
      this.#events.packetsWanted(
        kind,
        feedback.lost.map((sequenceNumber) => sequenceNumber & 0xffff),
      )
  }
}
