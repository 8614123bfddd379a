import type { DeviceProblems, DeviceState, MediaState } from './call-state.ts'

/** What oneself sends to everyone, and says about it. The tracks belong to `LocalMedia`. */
export interface OwnMedia {
  readonly audio: MediaStreamTrack | null
  readonly video: MediaStreamTrack | null
  readonly microphoneOn: boolean
  readonly cameraOn: boolean
  /** Absent: there are none. */
  readonly problems?: DeviceProblems
}

export const noProblems: DeviceProblems = { camera: null, microphone: null }

/** For whom we are not with yet, or not any more. */
export const noMedia: OwnMedia = { audio: null, video: null, microphoneOn: false, cameraOn: false }

const problemOf = (device: DeviceState) => (device.phase === 'failed' ? device.problem : null)

/** A muted microphone is sent as silence, so that unmuting is instant. */
export const ownMediaOf = ({ camera, microphone }: Pick<MediaState, 'camera' | 'microphone'>): OwnMedia => ({
  audio: microphone.phase === 'on' || microphone.phase === 'muted' ? microphone.track : null,
  video: camera.phase === 'on' ? camera.track : null,
  microphoneOn: microphone.phase === 'on',
  cameraOn: camera.phase === 'on',
  problems: { camera: problemOf(camera), microphone: problemOf(microphone) },
})
