/**
 * A client of the live streams without a browser, for the device that scripts play and for the load of the bench: joins,
 * answers the server's offers, and gives its tracks to whoever made it.
 */
import { io, type Socket } from 'socket.io-client'
import {
  MediaStreamTrack,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  useNACK,
  useOPUS,
  usePLI,
  useREMB,
  useVP8,
  type RtpPacket,
} from 'werift'

interface LiveClientOptions {
  readonly url: string
  readonly sessionId: string
  /** Only for a device. */
  readonly deviceId?: string
  /** What a viewer receives. */
  readonly onPacket?: (kind: 'audio' | 'video', packet: RtpPacket) => void
  /** What a device is asked for. */
  readonly onKeyFrameWanted?: () => void
  readonly onState?: (state: string) => void
}

const codecs = () => ({
  audio: [useOPUS({ payloadType: 111 })],
  video: [
    useVP8({ payloadType: 96, rtcpFeedback: [useNACK(), usePLI(), useREMB()] }),
    new RTCRtpCodecParameters({ mimeType: 'video/rtx', clockRate: 90_000, payloadType: 97, parameters: 'apt=96' }),
  ],
})

const CONNECT_MS = 20_000

export class LiveClient {
  readonly #options: LiveClientOptions
  readonly #socket: Socket
  readonly #tracks = new Map<string, MediaStreamTrack>()
  readonly #connected = Promise.withResolvers<undefined>()
  #pc: RTCPeerConnection | null = null

  private constructor(options: LiveClientOptions) {
    this.#options = options
    this.#socket = io(options.url, { transports: ['websocket'], forceNew: true, reconnection: false })
    this.#socket.on('stream-state', ({ state }: { state: string }) => options.onState?.(state))
    this.#socket.on('error', ({ message }: { message: string }) => this.#connected.reject(new Error(message)))
    this.#socket.on('connect_error', (error) => this.#connected.reject(error))
    this.#socket.on('offerSdp', ({ sdp }: { sdp: { type: 'offer'; sdp: string } }) => {
      this.#answer(sdp).catch((error: unknown) => this.#connected.reject(error))
    })
    this.#socket.on('connect', () => {
      const { sessionId, deviceId } = options
      this.#socket.emit('join-stream', { sessionId, role: deviceId === undefined ? 'viewer' : 'device', deviceId })
    })
  }

  /** Resolves when the connection to the server stands. */
  static async connect(options: LiveClientOptions): Promise<LiveClient> {
    const client = new LiveClient(options)
    const late = setTimeout(() => client.#connected.reject(new Error('no connection in time')), CONNECT_MS)
    try {
      await client.#connected.promise
      return client
    } catch (error) {
      await client.close()
      throw error
    } finally {
      clearTimeout(late)
    }
  }

  /** A device's packet; the numbers are the caller's. */
  send(kind: 'audio' | 'video', packet: RtpPacket): void {
    this.#tracks.get(kind)?.writeRtp(packet)
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.#pc?.close()
  }

  async #answer(offer: { type: 'offer'; sdp: string }): Promise<void> {
    await this.#pc?.close()
    const pc = new RTCPeerConnection({ codecs: codecs(), iceServers: [], bundlePolicy: 'max-bundle' })
    this.#pc = pc
    pc.connectionStateChange.subscribe((state) => {
      if (state === 'connected') this.#connected.resolve(undefined)
      if (state === 'failed') this.#connected.reject(new Error('the connection failed'))
    })
    await pc.setRemoteDescription(offer)
    for (const transceiver of pc.getTransceivers()) {
      const { kind, sender, receiver } = transceiver
      if (kind !== 'audio' && kind !== 'video') continue
      if (this.#options.deviceId === undefined) {
        receiver.track.onReceiveRtp.subscribe((packet) => this.#options.onPacket?.(kind, packet))
        continue
      }
      const track = new MediaStreamTrack({ kind })
      await sender.replaceTrack(track)
      transceiver.setDirection('sendonly')
      this.#tracks.set(kind, track)
      sender.onPictureLossIndication.subscribe(() => this.#options.onKeyFrameWanted?.())
    }
    // Without a STUN server werift asks one of Google.
    for (const { connection } of pc.iceTransports) delete connection.stunServer
    await pc.setLocalDescription()
    this.#socket.emit('answerSdp', { sdp: { type: 'answer', sdp: pc.localDescription?.sdp } })
  }
}

/** Makes a stream whose device waits by its own socket, as a back end does; answers the stream's id. */
export const createStream = async (url: string, deviceId: string, sessionId?: string): Promise<string> => {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
  try {
    await socket.timeout(CONNECT_MS).emitWithAck('wait-for-stream', { deviceId })
    const response = await fetch(new URL('/live/create-stream-request', url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ deviceId, sessionId }),
    })
    const answer = (await response.json()) as { sessionId?: string; message?: string }
    if (answer.sessionId === undefined) throw new Error(answer.message ?? `status ${String(response.status)}`)
    return answer.sessionId
  } finally {
    socket.close()
  }
}
