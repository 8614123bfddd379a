import type { DeviceChoice, DeviceState, MediaState } from './call-state.ts'
import { Capture, type CaptureKind, type SystemAccess } from './capture.ts'
import { Emitter } from './emitter.ts'
import { OwnDevice, type OpenTrack } from './own-device.ts'

/** A plugged-in headset announces its parts one after the other. */
const DEVICE_CHANGE_PAUSE_MS = 300

interface LocalMediaOptions {
  readonly mediaDevices?: MediaDevices | undefined
  /** Whether the page is one to which browsers give devices. */
  readonly isSecure?: boolean
  readonly systemAccess?: SystemAccess
}

interface MediaWish {
  readonly camera: boolean
  readonly microphone: boolean
  /** Empty ids are the system's default. */
  readonly cameraId: string
  readonly microphoneId: string
  readonly speakerId: string
}

interface LocalMediaEvents {
  readonly changed: [MediaState]
}

type DeviceLists = Pick<MediaState, 'cameras' | 'microphones' | 'speakers'>

/** Before anything was opened or looked for. */
export const nothingOpen: MediaState = {
  camera: { phase: 'off' },
  microphone: { phase: 'off' },
  cameras: [],
  microphones: [],
  speakers: [],
  speakerId: '',
}

/**
 * The own camera, microphone and choice of speakers: owns the tracks, follows what is plugged in and out. Nothing here
 * rejects: what does not work is said in `state`, which is replaced whole.
 */
export class LocalMedia {
  readonly #events = new Emitter<LocalMediaEvents>()
  readonly #mediaDevices: MediaDevices | undefined
  readonly #isSecure: boolean
  readonly #capture: Capture | null
  readonly #devices: Readonly<Record<CaptureKind, OwnDevice>>
  #state: MediaState = nothingOpen
  #wantedSpeakerId = ''
  #pause: ReturnType<typeof setTimeout> | undefined
  #isFollowing = false
  readonly #onDeviceChange = (): void => {
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => void this.#reconsider(), DEVICE_CHANGE_PAUSE_MS)
  }

  constructor(options: LocalMediaOptions = {}) {
    const { isSecure = globalThis.isSecureContext, systemAccess } = options
    // Browsers leave it undefined in pages that came over plain http; the DOM types do not know that.
    const given = navigator.mediaDevices as MediaDevices | undefined
    this.#mediaDevices = 'mediaDevices' in options ? options.mediaDevices : given
    this.#isSecure = isSecure
    this.#capture = this.#mediaDevices ? new Capture({ mediaDevices: this.#mediaDevices, systemAccess }) : null
    this.#devices = { camera: this.#makeDevice('camera'), microphone: this.#makeDevice('microphone') }
  }

  on<Name extends keyof LocalMediaEvents>(name: Name, listener: (...args: LocalMediaEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get state(): MediaState {
    return this.#state
  }

  /** Opens what is wished, and closes what is not. Resolves when both have come to rest. */
  async open(wish: MediaWish): Promise<void> {
    this.#follow()
    this.#wantedSpeakerId = wish.speakerId
    const isOpen = ({ phase }: DeviceState) => phase === 'on' || phase === 'muted'
    const isFirst = wish.camera && wish.microphone && !isOpen(this.#state.camera) && !isOpen(this.#state.microphone)
    const openBoth = isFirst ? this.#openBoth(wish) : null
    const want = (kind: CaptureKind, isOn: boolean, id: string) =>
      this.#devices[kind].want(
        { openness: isOn ? 'live' : 'closed', device: { id, label: '' } },
        openBoth ? () => openBoth(kind) : undefined,
      )
    await Promise.all([
      want('camera', wish.camera, wish.cameraId),
      want('microphone', wish.microphone, wish.microphoneId),
    ])
    await this.#listDevices()
  }

  /** Off closes the camera, so that its light goes out. */
  async setCamera(isOn: boolean): Promise<void> {
    await this.#devices.camera.want({ openness: isOn ? 'live' : 'closed' })
  }

  /** Off keeps an open microphone open and silent; on opens one that is closed. */
  async setMicrophone(isOn: boolean): Promise<void> {
    const { microphone } = this.#devices
    const off = microphone.openness === 'closed' ? 'closed' : 'silent'
    await microphone.want({ openness: isOn ? 'live' : off })
  }

  async chooseCamera(id: string): Promise<void> {
    await this.#devices.camera.want({ device: this.#find(this.#state.cameras, id) })
  }

  async chooseMicrophone(id: string): Promise<void> {
    await this.#devices.microphone.want({ device: this.#find(this.#state.microphones, id) })
  }

  chooseSpeaker(id: string): void {
    this.#wantedSpeakerId = id
    this.#show({ speakerId: this.#presentSpeakerId(this.#state.speakers) })
  }

  /** Closes both devices. Opening again is allowed. */
  close(): void {
    this.#isFollowing = false
    clearTimeout(this.#pause)
    this.#mediaDevices?.removeEventListener('devicechange', this.#onDeviceChange)
    for (const device of Object.values(this.#devices)) void device.want({ openness: 'closed' })
  }

  #makeDevice(kind: CaptureKind): OwnDevice {
    const device = new OwnDevice({
      open: this.#openerOf(kind),
      list: async () => {
        await this.#listDevices()
        return kind === 'camera' ? this.#state.cameras : this.#state.microphones
      },
    })
    device.on('changed', (state) => {
      this.#show({ [kind]: this.#isSecure || this.#capture ? state : explainInsecure(state) })
    })
    return device
  }

  #openerOf(kind: CaptureKind): OpenTrack {
    return (device) =>
      this.#capture?.open(kind, device) ?? Promise.reject(new DOMException('No devices here', 'NotSupportedError'))
  }

  #openBoth({ cameraId, microphoneId }: MediaWish): ((kind: CaptureKind) => Promise<MediaStreamTrack>) | null {
    const wanted = (id: string): DeviceChoice | null => (id === '' ? null : { id, label: '' })
    return this.#capture?.openBoth({ camera: wanted(cameraId), microphone: wanted(microphoneId) }) ?? null
  }

  #follow(): void {
    if (this.#isFollowing) return
    this.#isFollowing = true
    this.#mediaDevices?.addEventListener('devicechange', this.#onDeviceChange)
  }

  async #reconsider(): Promise<void> {
    await this.#listDevices()
    const { camera, microphone } = this.#devices
    await Promise.all([camera.reconsider(this.#state.cameras), microphone.reconsider(this.#state.microphones)])
  }

  async #listDevices(): Promise<void> {
    try {
      const found = (await this.#mediaDevices?.enumerateDevices()) ?? []
      const lists = sortDevices(found)
      this.#show({ ...lists, speakerId: this.#presentSpeakerId(lists.speakers) })
    } catch {
      // Without a list there is no choice, and what is open stays open.
    }
  }

  /** A chosen output that is gone falls back to the default, and comes back when it does. */
  #presentSpeakerId(speakers: readonly DeviceChoice[]): string {
    return speakers.some(({ id }) => id === this.#wantedSpeakerId) ? this.#wantedSpeakerId : ''
  }

  #find(choices: readonly DeviceChoice[], id: string): DeviceChoice {
    return choices.find((choice) => choice.id === id) ?? { id, label: '' }
  }

  #show(part: Partial<MediaState>): void {
    this.#state = { ...this.#state, ...part }
    this.#events.emit('changed', this.#state)
  }
}

const explainInsecure = (state: DeviceState): DeviceState =>
  state.phase === 'failed' ? { phase: 'failed', problem: 'insecure-page' } : state

/** Windows lists the default devices a second time, for calls; whoever wants those has chosen them as default. */
const sortDevices = (found: readonly MediaDeviceInfo[]): DeviceLists => {
  const of = (kind: MediaDeviceKind) =>
    found
      .filter((device) => device.kind === kind && device.deviceId !== 'communications')
      .map(({ deviceId, label }) => ({ id: deviceId, label }))
  return { cameras: of('videoinput'), microphones: of('audioinput'), speakers: of('audiooutput') }
}
