import { createSubscriber } from 'svelte/reactivity'
import * as v from 'valibot'
import type { MediaKind, Settings } from '#electron/ipc.ts'
import type { CallMemory } from '../call/call-memory.ts'
import type { DeviceProblem, DeviceState, MediaState } from '../call/call-state.ts'
import type { LocalMedia } from '../call/local-media.ts'
import type { SettingsView } from './settings.svelte.ts'

/** What the screens use of `LocalMedia`; tests put a double in its place. */
export type MediaControls = Pick<
  LocalMedia,
  | 'state'
  | 'on'
  | 'open'
  | 'setCamera'
  | 'setMicrophone'
  | 'chooseCamera'
  | 'chooseMicrophone'
  | 'chooseSpeaker'
  | 'close'
>

const Wish = v.object({ cameraOn: v.boolean(), microphoneOn: v.boolean() })
type Wish = v.InferOutput<typeof Wish>

interface MediaViewOptions {
  readonly media: MediaControls
  readonly settings: SettingsView
  /** Keeps what this tab last wished, so that a reload never opens more than was open before. */
  readonly memory: CallMemory
}

/** Own camera and microphone as runes see them, opened as the person last wished and chose. */
export class MediaView {
  readonly controls: MediaControls
  readonly #settings: SettingsView
  readonly #memory: CallMemory
  readonly #subscribe: () => void

  constructor({ media, settings, memory }: MediaViewOptions) {
    this.controls = media
    this.#settings = settings
    this.#memory = memory
    this.#subscribe = createSubscriber((update) => media.on('changed', update))
  }

  get state(): MediaState {
    this.#subscribe()
    return this.controls.state
  }

  /** Opens what the settings say; what this tab itself last wished when it comes back into a call. */
  async open(goal: 'green-room' | 'resume'): Promise<void> {
    const { cameraId, microphoneId, speakerId, ...settings } = this.#settings.current
    const wish = (goal === 'resume' ? this.#wishOfTab() : null) ?? pickWish(settings)
    this.#memory.save(wish)
    await this.controls.open({
      camera: wish.cameraOn,
      microphone: wish.microphoneOn,
      cameraId,
      microphoneId,
      speakerId,
    })
  }

  async set(kind: MediaKind, isOn: boolean): Promise<void> {
    this.#settings.remember(kind === 'camera' ? { cameraOn: isOn } : { microphoneOn: isOn })
    const wish = this.#wishOfTab() ?? pickWish(this.#settings.current)
    this.#memory.save({ ...wish, ...(kind === 'camera' ? { cameraOn: isOn } : { microphoneOn: isOn }) })
    await (kind === 'camera' ? this.controls.setCamera(isOn) : this.controls.setMicrophone(isOn))
  }

  /** By the wish of a host: the microphone is off in this tab; what the person chose for other meetings stays. */
  async silence(): Promise<void> {
    const wish = this.#wishOfTab() ?? pickWish(this.#settings.current)
    this.#memory.save({ ...wish, microphoneOn: false })
    const { phase } = this.controls.state.microphone
    if (phase !== 'off' && phase !== 'muted') await this.controls.setMicrophone(false)
  }

  async toggle(kind: MediaKind): Promise<void> {
    await this.set(kind, !isOn(this.controls.state[kind]))
  }

  async chooseCamera(id: string): Promise<void> {
    this.#settings.remember({ cameraId: id })
    await this.controls.chooseCamera(id)
  }

  async chooseMicrophone(id: string): Promise<void> {
    this.#settings.remember({ microphoneId: id })
    await this.controls.chooseMicrophone(id)
  }

  chooseSpeaker(id: string): void {
    this.#settings.remember({ speakerId: id })
    this.controls.chooseSpeaker(id)
  }

  #wishOfTab(): Wish | null {
    const kept = v.safeParse(Wish, this.#memory.load())
    return kept.success ? kept.output : null
  }
}

const pickWish = ({ cameraOn, microphoneOn }: Pick<Settings, 'cameraOn' | 'microphoneOn'>): Wish => ({
  cameraOn,
  microphoneOn,
})

/** Whether others see or hear it, or will as soon as it is open. */
export const isOn = ({ phase }: DeviceState): boolean => phase === 'on' || phase === 'opening'

export interface OwnProblem {
  readonly problem: DeviceProblem
  /** Camera first. */
  readonly devices: readonly MediaKind[]
}

/** What is wrong with the own devices; one entry when both have the same trouble. */
export const deviceProblemsOf = ({ camera, microphone }: Pick<MediaState, MediaKind>): readonly OwnProblem[] => {
  const found: OwnProblem[] = []
  if (camera.phase === 'failed') found.push({ problem: camera.problem, devices: ['camera'] })
  if (microphone.phase !== 'failed') return found
  if (camera.phase === 'failed' && camera.problem === microphone.problem) {
    return [{ problem: camera.problem, devices: ['camera', 'microphone'] }]
  }
  return [...found, { problem: microphone.problem, devices: ['microphone'] }]
}
