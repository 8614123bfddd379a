import type { DeviceProblems } from './call-state.ts'
import type { Offerer } from './negotiation.ts'
import { noProblems } from './own-media.ts'

export interface TheirMediaView {
  readonly microphoneOn: boolean
  readonly cameraOn: boolean
  /** Holds their live tracks; null before the first one. */
  readonly stream: MediaStream | null
  readonly deviceProblems: DeviceProblems
}

/** Both on until they say otherwise: a picture that is waited for can be shown with its first frame. */
export const nothingOfTheirs: TheirMediaView = {
  microphoneOn: true,
  cameraOn: true,
  stream: null,
  deviceProblems: noProblems,
}

/**
 * What the other side sends, judged by their own word. A client of another system says none: it is on until its tracks say
 * otherwise. Each method answers what is new of the view.
 */
export class TheirMedia {
  readonly #isForeign: boolean
  #hasTheirWord = false

  constructor({ offerer }: { readonly offerer: Offerer }) {
    this.#isForeign = offerer !== 'either'
  }

  /** Another connection is in use: its tracks count until they speak again. */
  reset(): void {
    this.#hasTheirWord = false
  }

  say({ microphoneOn, cameraOn }: Pick<TheirMediaView, 'microphoneOn' | 'cameraOn'>): Partial<TheirMediaView> {
    this.#hasTheirWord = true
    return { microphoneOn, cameraOn }
  }

  stream(stream: MediaStream): Partial<TheirMediaView> {
    if (!this.#isForeign) return { stream }
    const [microphoneOn, cameraOn] = [stream.getAudioTracks().length > 0, stream.getVideoTracks().length > 0]
    return { stream, microphoneOn, cameraOn }
  }

  /** Packets of this kind began or ceased to arrive. */
  flow(kind: 'audio' | 'video', isFlowing: boolean): Partial<TheirMediaView> {
    if (kind === 'audio') return this.#isForeign ? { microphoneOn: isFlowing } : {}
    return this.#isForeign || (isFlowing && !this.#hasTheirWord) ? { cameraOn: isFlowing } : {}
  }
}
