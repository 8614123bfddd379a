import { RTCRtpCodecParameters, RTCRtpHeaderExtensionParameters, RTP_EXTENSION_URI } from 'werift'
import type { MediaTrack } from './media-peer.ts'

const feedback = () => [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'goog-remb' }]

const video = (name: 'VP8' | 'H264', payloadType: number, parameters: string): RTCRtpCodecParameters[] => [
  new RTCRtpCodecParameters({
    mimeType: `video/${name}`,
    clockRate: 90_000,
    payloadType,
    rtcpFeedback: feedback(),
    ...(parameters === '' ? {} : { parameters }),
  }),
  new RTCRtpCodecParameters({
    mimeType: 'video/rtx',
    clockRate: 90_000,
    payloadType: payloadType + 1,
    parameters: `apt=${payloadType}`,
  }),
]

const opus = (parameters: string): RTCRtpCodecParameters[] => [
  new RTCRtpCodecParameters({
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    payloadType: 111,
    ...(parameters === '' ? {} : { parameters }),
  }),
]

/** Constrained baseline, level 3.1: what every browser encodes and decodes. */
const H264_BASELINE = 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'
const OPUS = 'minptime=10;useinbandfec=1'

/** Everything that a device may send. */
export const deviceCodecs = () => ({
  audio: opus(OPUS),
  video: [...video('VP8', 96, ''), ...video('H264', 98, H264_BASELINE)],
})

/** What a device does send, and nothing else. */
export const viewerCodecs = (tracks: readonly MediaTrack[]) => {
  const [sound] = tracks.filter(({ kind }) => kind === 'audio')
  const [picture] = tracks.filter(({ kind }) => kind === 'video')
  const name = picture?.codec === 'H264' ? 'H264' : 'VP8'
  return {
    audio: opus(sound?.parameters ?? OPUS),
    video: video(name, name === 'VP8' ? 96 : 98, picture?.parameters ?? ''),
  }
}

export const ORIENTATION = RTP_EXTENSION_URI.videoOrientation
export const SEND_TIME = RTP_EXTENSION_URI.absSendTime

const extension = (uri: string, id: number) => new RTCRtpHeaderExtensionParameters({ uri, id })
export const deviceExtensions = () => [extension(ORIENTATION, 1)]
/** With the time of sending, viewers estimate what their connection can take. */
export const viewerExtensions = () => [extension(ORIENTATION, 1), extension(SEND_TIME, 2)]

/** What may stand in a format parameter that one client's answer brings into another's offer. */
const PARAMETERS = /^[\w=;/ .-]{1,200}$/

/** Null for a codec that is not relayed. */
export const trackOf = (codec: RTCRtpCodecParameters): MediaTrack | null => {
  const parameters = PARAMETERS.test(codec.parameters ?? '') ? (codec.parameters ?? '') : ''
  switch (codec.name.toLowerCase()) {
    case 'vp8':
      return { kind: 'video', codec: 'VP8', parameters: '' }
    case 'h264':
      return { kind: 'video', codec: 'H264', parameters }
    case 'opus':
      return { kind: 'audio', codec: 'opus', parameters }
    default:
      return null
  }
}
