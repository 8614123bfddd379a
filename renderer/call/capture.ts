import type { DeviceChoice } from './call-state.ts'
import { SystemRefusal } from './device-problem.ts'

export type CaptureKind = 'camera' | 'microphone'
/** What the operating system says about a kind of device; other words count as "ask and see". */
export type SystemAccess = (kind: CaptureKind) => Promise<string>

interface CaptureOptions {
  readonly mediaDevices: MediaDevices
  readonly systemAccess: SystemAccess | undefined
}

/** `ideal` throughout: what a device cannot do is no reason to go without it. */
const wishes = {
  camera: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  microphone: {
    echoCancellation: { ideal: true },
    noiseSuppression: { ideal: true },
    autoGainControl: { ideal: true },
  },
} as const satisfies Record<CaptureKind, MediaTrackConstraints>

const constrain = (kind: CaptureKind, device: DeviceChoice | null, rule: 'exact' | 'ideal'): MediaTrackConstraints => ({
  ...wishes[kind],
  ...(device && device.id !== '' ? { deviceId: { [rule]: device.id } } : {}),
})

const trackOf = (kind: CaptureKind, stream: MediaStream): MediaStreamTrack => {
  const [track] = kind === 'camera' ? stream.getVideoTracks() : stream.getAudioTracks()
  if (!track) throw new DOMException('The stream holds no such track', 'NotFoundError')
  return track
}

/** The only caller of `getUserMedia`. Rejects as it does, or with `SystemRefusal`. */
export class Capture {
  readonly #options: CaptureOptions

  constructor(options: CaptureOptions) {
    this.#options = options
  }

  /** A device without a label was not seen yet, so its id is a wish; another one is meant exactly. */
  async open(kind: CaptureKind, device: DeviceChoice | null): Promise<MediaStreamTrack> {
    await this.#askSystem(kind)
    const constraints = constrain(kind, device, device && device.label !== '' ? 'exact' : 'ideal')
    const request = kind === 'camera' ? { video: constraints } : { audio: constraints }
    return trackOf(kind, await this.#options.mediaDevices.getUserMedia(request))
  }

  /**
   * Opens both at once, so that a browser asks once for both. Answers how to get each; what could not be had together
   * is tried alone, unless the person has just said no.
   */
  openBoth(
    devices: Readonly<Record<CaptureKind, DeviceChoice | null>>,
  ): (kind: CaptureKind) => Promise<MediaStreamTrack> {
    const both = this.#requestBoth(devices)
    return async (kind) => {
      const outcome = await both
      if (outcome instanceof MediaStream) return trackOf(kind, outcome)
      if (isRefusal(outcome) && !(await isGranted(kind))) throw outcome
      return await this.open(kind, devices[kind])
    }
  }

  async #requestBoth(devices: Readonly<Record<CaptureKind, DeviceChoice | null>>): Promise<unknown> {
    try {
      await this.#askSystem('camera')
      await this.#askSystem('microphone')
      return await this.#options.mediaDevices.getUserMedia({
        video: constrain('camera', devices.camera, 'ideal'),
        audio: constrain('microphone', devices.microphone, 'ideal'),
      })
    } catch (error) {
      return error
    }
  }

  async #askSystem(kind: CaptureKind): Promise<void> {
    const access = await this.#options.systemAccess?.(kind)
    if (access === 'denied' || access === 'restricted') throw new SystemRefusal(kind)
  }
}

const isRefusal = (error: unknown): boolean => error instanceof DOMException && error.name === 'NotAllowedError'

/** Whether asking for this kind alone can succeed without bothering the person again. */
const isGranted = async (kind: CaptureKind): Promise<boolean> => {
  try {
    const { state } = await navigator.permissions.query({ name: kind })
    return state === 'granted'
  } catch {
    // Firefox before 132 does not know these names.
    return true
  }
}
