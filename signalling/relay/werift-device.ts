import {
  GenericNack,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RtcpPayloadSpecificFeedback,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  type RtcpPacket,
  type RTCRtpCodecParameters,
  type RTCRtpTransceiver,
  type RtpPacket,
} from 'werift'
import type { Cancel, Clock } from '../domain/clock.ts'
import type { DeviceEvents, DevicePeer, IceCandidate, MediaKind, MediaPacket, MediaTrack } from './media-peer.ts'
import { deviceCodecs, deviceExtensions, ORIENTATION, trackOf } from './werift-codecs.ts'
import { WeriftConnection, type WeriftOptions } from './werift-connection.ts'

/** RTCP REMB (draft-alvestrand-rmcat-remb-03, section 2.2): 18 bits, shifted. */
const rembOf = (senderSsrc: number, ssrcs: number[], bitsPerSecond: number): ReceiverEstimatedMaxBitrate => {
  const brExp = Math.max(0, Math.ceil(Math.log2((bitsPerSecond + 1) / 0x40000)))
  const brMantissa = Math.floor(bitsPerSecond / 2 ** brExp)
  return new ReceiverEstimatedMaxBitrate({
    senderSsrc,
    mediaSsrc: 0,
    ssrcNum: ssrcs.length,
    brExp,
    brMantissa,
    ssrcFeedbacks: ssrcs,
  })
}

const toMediaPacket = ({ header, payload }: RtpPacket, orientationId: number | undefined): MediaPacket => ({
  sequenceNumber: header.sequenceNumber,
  timestamp: header.timestamp,
  marker: header.marker,
  payload,
  orientation: header.extensions.find(({ id }) => id === orientationId)?.payload ?? null,
})

/** What comes in of one kind. */
interface Incoming {
  readonly transceiver: RTCRtpTransceiver
  readonly ssrc: number
  /** The first of the answer, until a packet tells. */
  codec: RTCRtpCodecParameters
  hasCome: boolean
}

/** A kind that the device announced and does not send is not waited for any longer than this, in ms. */
const FIRST_PACKET_MS = 2000

export class WeriftDevice implements DevicePeer {
  readonly #connection: WeriftConnection
  readonly #events: DeviceEvents
  readonly #transceivers: ReadonlyMap<MediaKind, RTCRtpTransceiver>
  readonly #incoming = new Map<MediaKind, Incoming>()
  readonly #offered = deviceCodecs()
  readonly #clock: Clock
  /** Set while the connection stands and it is not yet known what comes over it. */
  #cancelFirst: Cancel | null = null

  constructor(events: DeviceEvents, { iceServers, clock, log }: WeriftOptions) {
    this.#events = events
    this.#clock = clock
    this.#connection = new WeriftConnection({
      codecs: this.#offered,
      videoExtensions: deviceExtensions(),
      iceServers,
      events: { connected: () => this.#connected(), gone: events.gone },
      log,
    })
    const { pc } = this.#connection
    this.#transceivers = new Map(
      (['audio', 'video'] as const).map((kind) => [kind, pc.addTransceiver(kind, { direction: 'recvonly' })]),
    )
  }

  get tracks(): readonly MediaTrack[] {
    return [...this.#incoming.values()].flatMap(({ codec }) => trackOf(codec) ?? [])
  }

  readonly offer = () => this.#connection.offer()
  readonly addCandidate = (candidate: IceCandidate | null) => this.#connection.addCandidate(candidate)
  readonly close = () => {
    this.#cancelFirst?.()
    return this.#connection.close()
  }

  readonly accept = async (answer: string): Promise<void> => {
    await this.#connection.accept(answer)
    for (const [kind, transceiver] of this.#transceivers) this.#receive(kind, transceiver)
    if (this.#incoming.size === 0) throw new Error('the device sends neither sound nor picture')
  }

  readonly askForKeyFrame = (): void => {
    const incoming = this.#incoming.get('video')
    if (incoming === undefined) return
    const senderSsrc = incoming.transceiver.receiver.rtcpSsrc
    const feedback = new PictureLossIndication({ senderSsrc, mediaSsrc: incoming.ssrc })
    this.#send(incoming, new RtcpPayloadSpecificFeedback({ feedback }))
  }

  readonly askAgain = (kind: MediaKind, sequenceNumbers: readonly number[]): void => {
    const incoming = this.#incoming.get(kind)
    if (incoming === undefined) return
    const senderSsrc = incoming.transceiver.receiver.rtcpSsrc
    const lost = sequenceNumbers.toSorted((a, b) => a - b)
    const feedback = new GenericNack({ senderSsrc, mediaSourceSsrc: incoming.ssrc, lost })
    this.#send(incoming, new RtcpTransportLayerFeedback({ feedback }))
  }

  readonly limitBitrate = (bitsPerSecond: number): void => {
    const incoming = this.#incoming.get('video')
    if (incoming === undefined) return
    const feedback = rembOf(incoming.transceiver.receiver.rtcpSsrc, [incoming.ssrc], bitsPerSecond)
    this.#send(incoming, new RtcpPayloadSpecificFeedback({ feedback }))
  }

  #receive(kind: MediaKind, transceiver: RTCRtpTransceiver): void {
    const { receiver, codecs, headerExtensions } = transceiver
    const [codec] = codecs
    const { ssrc } = receiver.track
    const isSent = transceiver.currentDirection === 'recvonly' || transceiver.currentDirection === 'sendrecv'
    if (codec === undefined || trackOf(codec)?.kind !== kind || ssrc === undefined || !isSent) return
    // Chromium sends the first codec of the offer that it can, also when its answer has only others (seen with 156).
    const other = this.#offered[kind].filter(({ payloadType }) =>
      codecs.every((each) => each.payloadType !== payloadType),
    )
    receiver.prepareReceive({ codecs: other, encodings: [], headerExtensions: [] })
    // What is lost is asked for by MissingPackets, so werift is kept from doing so.
    for (const each of [...codecs, ...other]) each.rtcpFeedback = []
    const incoming: Incoming = { transceiver, ssrc, codec, hasCome: false }
    this.#incoming.set(kind, incoming)
    const orientationId = headerExtensions.find(({ uri }) => uri === ORIENTATION)?.id
    receiver.track.onReceiveRtp.subscribe((rtp) => {
      const { payloadType } = rtp.header
      if (!incoming.hasCome)
        this.#begin(
          incoming,
          [...codecs, ...other].find((each) => each.payloadType === payloadType),
        )
      if (payloadType !== incoming.codec.payloadType) return
      this.#connection.contain(() => this.#events.packet(kind, toMediaPacket(rtp, orientationId)))
    })
    receiver.onRtcp.subscribe((rtcp) => {
      if (!(rtcp instanceof RtcpSrPacket) || rtcp.ssrc !== ssrc) return
      const { ntpTimestamp: ntp, rtpTimestamp: timestamp } = rtcp.senderInfo
      this.#connection.contain(() => this.#events.clock(kind, { ntp, timestamp }))
    })
  }

  #connected(): void {
    this.#cancelFirst = this.#clock.schedule(FIRST_PACKET_MS, () => this.#start())
    if ([...this.#incoming.values()].every(({ hasCome }) => hasCome)) this.#start()
  }

  #begin(incoming: Incoming, codec: RTCRtpCodecParameters | undefined): void {
    if (codec === undefined || trackOf(codec) === null) return
    incoming.codec = codec
    incoming.hasCome = true
    if (this.#cancelFirst !== null && [...this.#incoming.values()].every(({ hasCome }) => hasCome)) this.#start()
  }

  #start(): void {
    this.#cancelFirst?.()
    this.#cancelFirst = null
    this.#connection.contain(this.#events.connected)
  }

  #send({ transceiver }: Incoming, packet: RtcpPacket): void {
    const { dtlsTransport } = transceiver.receiver
    if (dtlsTransport.state !== 'connected') return
    // Lost feedback is made up for by the next.
    void dtlsTransport.sendRtcp([packet]).catch(() => undefined)
  }
}
